"""Who gets which run, and what becomes of the others when one fails: with runs that are made up."""

import json
import threading
import time
from contextlib import ExitStack

import pytest

from seqvision.cli._tables import in_words
from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.runs.lock import locked
from seqvision.sweep.plan import Job, plan, seconds_left
from seqvision.sweep.schedule import Listener, Outcome, run_all

CONFIG = load_config(
    {"name": "small", "data": {"dataset": "digits"}, "model": {"family": "stacked"}}
)


class Performer:
    """Performs by calling a function; counts how many do so at once."""

    def __init__(self, places, act=lambda job: Outcome(job, "finished", {"seed": job.seed})):
        self.places, self.act = places, act
        self.now, self.most, self.performed = 0, 0, []
        self.stopped = threading.Event()

    def __call__(self, job, listener):
        self.now += 1
        self.most = max(self.most, self.now)
        self.performed.append(job.seed)
        time.sleep(0.02)
        self.now -= 1
        return self.act(job)

    def stop(self):
        self.stopped.set()


@pytest.fixture
def jobs(tmp_path):
    return [Job(CONFIG, seed, tmp_path) for seed in range(6)]


def finish(job):
    job.folder.mkdir(parents=True)
    record = {"status": "finished", "seed": job.seed, "timing": {"train_seconds": 7.0}}
    (job.folder / "record.json").write_text(json.dumps(record))


def test_all_are_performed_so_many_at_once_and_told_in_order(jobs):
    performer = Performer(3)
    outcomes = run_all(jobs, performer)
    assert [outcome.record["seed"] for outcome in outcomes] == list(range(6))
    assert performer.most == 3


def test_a_failure_leaves_the_others_be_unless_told(jobs):
    def act(job):
        return Outcome(job, "failed" if job.seed == 1 else "finished")

    outcomes = run_all(jobs, Performer(2, act))
    assert [o.status for o in outcomes] == ["finished", "failed", *["finished"] * 4]
    performer = Performer(1, act)
    outcomes = run_all(jobs, performer, fail_fast=True)
    assert [o.status for o in outcomes] == ["finished", "failed", *["stopped"] * 4]
    assert performer.stopped.is_set() and performer.performed == [0, 1]


@pytest.mark.parametrize("error", [SeqvisionError("wrong data"), KeyboardInterrupt()])
def test_wrong_input_and_ctrl_c_stop_what_is_under_way(jobs, error):
    performer = Performer(2)

    def act(job):
        if job.seed == 1:
            raise error
        assert performer.stopped.wait(10)  # A long run, which ends when it is told to.
        return Outcome(job, "stopped")

    performer.act = act
    with pytest.raises(type(error)):
        run_all(jobs, performer)
    assert sorted(performer.performed) == [0, 1]


def test_a_run_that_another_process_is_at_waits_and_is_taken_from_it(jobs):
    jobs[0].folder.mkdir(parents=True)
    performer = Performer(1)

    class Finisher(Listener):
        """The other process finishes once all else has been performed here."""

        def end(self, outcome):
            if len(performer.performed) == 5 and not (jobs[0].folder / "record.json").exists():
                (jobs[0].folder / "record.json").write_text('{"status": "finished", "seed": 99}')
                other.close()

    with ExitStack() as other:
        other.enter_context(locked(jobs[0].folder))
        outcomes = run_all(jobs, performer, Finisher())
    assert performer.performed == [1, 2, 3, 4, 5]
    assert outcomes[0].record["seed"] == 99


def test_a_run_found_busy_is_tried_again(jobs):
    tries = []

    def act(job):
        tries.append(job.seed)
        return Outcome(job, "busy" if tries.count(2) == 1 and job.seed == 2 else "finished")

    outcomes = run_all(jobs, Performer(1, act))
    assert tries == [0, 1, 2, 3, 4, 5, 2]
    assert {o.status for o in outcomes} == {"finished"}


def test_the_plan_says_what_is_there_and_how_long_such_runs_took(jobs, tmp_path):
    finish(jobs[0])
    jobs[1].folder.mkdir()
    (jobs[1].folder / "record.json").write_text('{"status": "failed"}')
    jobs[2].folder.mkdir()
    (jobs[2].folder / "checkpoint.npz").write_bytes(b"PK\x05\x06" + b"\0" * 18)  # An empty zip.
    planned = plan([CONFIG, CONFIG], range(4), tmp_path)
    assert [p.status for p in planned] == ["finished", "failed", "begun", "to do"]
    assert {p.seconds for p in planned} == {7.0}
    forced = plan([CONFIG], range(2), tmp_path, force=True)
    assert [p.status for p in forced] == ["to do", "to do"]


def test_jobs_are_asked_for_one_by_one_when_how_the_last_ended_is_known(tmp_path):
    """An iterator decides by what has ended; None holds a free place until a run has ended."""
    ended = []
    held = []

    class Ends(Listener):
        def end(self, outcome):
            ended.append(outcome.job.seed)

    def coming():
        for seed in range(6):
            while seed == 4 and len(ended) < 4:  # Waits for all before it.
                held.append(len(ended))
                yield None
            assert seed < 2 or ended
            yield Job(CONFIG, seed, tmp_path)

    performer = Performer(2)
    outcomes = run_all(coming(), performer, Ends())
    assert [outcome.job.seed for outcome in outcomes] == list(range(6))
    assert performer.most == 2
    assert held and performer.performed.index(4) >= 4


def test_an_iterator_that_raises_stops_all(tmp_path):
    performer = Performer(2)

    def coming():
        yield Job(CONFIG, 0, tmp_path)
        raise SeqvisionError("no more")

    with pytest.raises(SeqvisionError, match="no more"):
        run_all(coming(), performer)
    assert performer.stopped.is_set()


def test_how_long_a_sweep_will_take():
    """What is not known is taken to be the median of what is: one slow run says little."""
    assert seconds_left([(None, 1.0), (None, 1.0)], 1) is None
    assert seconds_left([], 4, [1.0]) is None
    assert seconds_left([(10.0, 1.0), (12.0, 0.5), (200.0, 1.0), (None, 1.0)], 1) == 228.0
    assert seconds_left([(None, 0.5), (None, 1.0)], 8, [4.0, 6.0, 80.0]) == 4.5


def test_how_long_a_run_took_is_the_median_of_its_config(tmp_path):
    for seed, seconds in enumerate((10.0, 12.0, 200.0)):
        folder = tmp_path / Job(CONFIG, seed, tmp_path).run_id
        folder.mkdir(parents=True)
        record = {"status": "finished", "timing": {"train_seconds": seconds}}
        (folder / "record.json").write_text(json.dumps(record))
    planned = plan([CONFIG], [7, 8], tmp_path)
    assert [each.seconds for each in planned] == [12.0, 12.0]
    assert in_words(planned, 1) == "2 runs: 0 finished, 2 to do; about 24 s"
    assert in_words(planned[:1], 1).startswith("1 run: ")
