"""A search from its first run to its verdict."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqvision.config.schema import Config
from seqvision.config.search import Tunable
from seqvision.config.size import trials_of
from seqvision.errors import Busy, RunFailed, SeqvisionError
from seqvision.import_keras import import_keras
from seqvision.runs.files import check_writable, write_json
from seqvision.runs.finished import of_today
from seqvision.runs.lock import locked
from seqvision.runs.record import read_record
from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, Outcome, Performer, run_all
from seqvision.sweep.tune.best import best, tuned_name, write_best
from seqvision.sweep.tune.cleanup import remove_checkpoints, remove_trials
from seqvision.sweep.worker import check_known_elsewhere


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        folder: it holds trials.csv (`seqvision.load_trials`), best.yaml and verdict.json.
        best: the best config, which `seqvision.run` takes.
        trial: the number of the trial that had it.
        values: what it sets, by path.
        value: its objective, the mean over the seeds.
        verdict: the best config beside the untuned one on the test images, in words and numbers;
            None when one of the two could not be trained.
    """

    folder: Path
    best: Config
    trial: int
    values: dict[str, Any]
    value: float
    verdict: dict[str, Any] | None


def runs_of(tunable: Tunable) -> int:
    """The runs of a search at most: those of its trials, the untuned config and the best one."""
    trials = trials_of(tunable.tune, tunable.untuned.train.epochs)
    return (trials + 2) * len(tunable.tune.each_seed)


def search(
    tunable: Tunable,
    results: Path,
    perform: Performer,
    listener: Listener | None = None,
    *,
    force: bool = False,
) -> Tuned:
    """What `tune` does, with a given performer of runs.

    Raises:
        SeqvisionError, RunFailed: as `tune` does.
    """
    for config in (tunable.untuned, *tunable.probes()):
        check_known_elsewhere(config)
    folder = results / tunable.name
    check_writable(folder)
    import_keras()  # Before keras-tuner does, with TensorFlow's greetings.
    try:
        with locked(folder):
            return _search(tunable, results, perform, listener or Listener(), force)
    except Busy:
        raise SeqvisionError(f"{folder}: another process is at this search") from None


def _search(
    tunable: Tunable,
    results: Path,
    perform: Performer,
    listener: Listener,
    force: bool,
) -> Tuned:
    from seqvision.sweep.tune.log import Log
    from seqvision.sweep.tune.proposals import Proposals
    from seqvision.sweep.tune.scheduler import TrialScheduler

    folder = results / tunable.name
    if force:
        remove_trials(tunable, results)
    log = Log(folder, _settings(tunable), forget=force)
    proposals = Proposals(tunable, log)
    scheduler = TrialScheduler(tunable, proposals, results, perform.places, listener)
    first = read_record(scheduler.untuned[0].folder)
    if proposals.ended and first and not of_today(first, tunable.untuned.data):
        raise SeqvisionError(
            f"{folder}: was begun with other data than the config names now; --force begins it "
            "anew, another name or --results keeps both"
        )
    try:
        run_all(scheduler.jobs(), _FailedTrials(perform), scheduler)
    except SeqvisionError:
        if not proposals.ended:  # Then the folder holds nothing of use.
            shutil.rmtree(folder)
        raise
    found = best(proposals.ended, tunable.tune.objective)
    if not found:
        ended = len(proposals.ended)
        raise RunFailed(f"none of {ended} trials ended well; see {folder}/trials.csv")
    tuned = tunable.point(found.proposal.values, tuned_name(tunable))
    jobs = [_measured(tuned, run, results) for run in found.runs]
    run_all(jobs, perform, listener)
    remove_checkpoints(proposals, results)
    verdict = _verdict(scheduler.untuned, jobs, results, tunable.tune.objective)
    write_json(folder / "verdict.json", verdict)
    if verdict:
        words = verdict["in_words"]
        write_best(folder / "best.yaml", found, len(proposals.ended), tunable, words)
    proposal = found.proposal
    assert found.value is not None
    return Tuned(folder, tuned, proposal.number, proposal.values, found.value, verdict)


def _settings(tunable: Tunable) -> dict[str, Any]:
    """What tells one search from another; the number of trials may grow."""
    tune = tunable.tune.model_dump(mode="json", by_alias=True, exclude={"trials"})
    return {**tune, "seeds": tunable.tune.each_seed, "config": tunable.untuned.content()}


class _FailedTrials:
    """A performer that takes a trial with a wrong config for a failed one, and not for the end."""

    def __init__(self, perform: Performer):
        self.perform, self.places = perform, perform.places

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        try:
            return self.perform(job, listener)
        except SeqvisionError as error:
            if job.test:  # Not a trial, but the untuned config.
                raise
            return Outcome(job, "failed", message=str(error))

    def stop(self) -> None:
        self.perform.stop()


def _measured(tuned: Config, run: dict[str, Any], results: Path) -> Job:
    """A run of the best trial, to be measured on the test images too."""
    # Its weights are there, unless the tests after some epochs are asked for.
    trained = None if tuned.train.test_every else results / run["run_id"]
    return Job(tuned, run["seed"], results, begin_with=trained)


def _verdict(
    untuned: list[Job], tuned: list[Job], results: Path, objective: str
) -> dict[str, Any] | None:
    from seqvision.sweep.tune.verdict import judge

    before = [record for job in untuned if (record := job.record())]
    after = [record for job in tuned if (record := job.record())]
    if len(before) < len(untuned) or len(after) < len(tuned):
        return None
    return judge(before, after, results, objective).as_dict()
