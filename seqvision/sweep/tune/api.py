"""A search from its first run to its verdict, and tuning from Python."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqvision.config.schema import Config
from seqvision.config.search import Tunable, load_tunable
from seqvision.config.size import trials_of
from seqvision.errors import Busy, RunFailed, SeqvisionError
from seqvision.import_keras import import_keras
from seqvision.runs.files import check_writable, write_json
from seqvision.runs.finished import of_today
from seqvision.runs.lock import locked
from seqvision.runs.record import read_record
from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, Outcome, Performer, run_all
from seqvision.sweep.tune.table import tuned_name, write_best
from seqvision.sweep.where import performer
from seqvision.sweep.worker import check_known_elsewhere


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes:
        folder: it holds trials.csv (`seqvision.load_trials`), best.yaml and verdict.json.
        best: the best config, which `seqvision.run` takes.
        trial: the number of the trial that it was.
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


def tune(
    config: str | Path | dict[str, Any] | Config,
    *,
    trials: int | None = None,
    jobs: int | str = 1,
    ray: str | None = None,
    oracle: str | dict[str, Any] | None = None,
    objective: str | None = None,
    seeds: int | list[int] | None = None,
    results: str | Path = "results",
    overrides: Iterable[str] = (),
    force: bool = False,
    listener: Listener | None = None,
) -> Tuned:
    """Search what a config's `tune.space` spans; a search that was cut short goes on.

    Args:
        config: a path, a zoo name, a mapping, or a loaded config.
        trials, oracle, objective, seeds: in place of those of the config's `tune` section.
        jobs: how many runs there may be at a time, each in a process of its own, or `auto`.
        ray: the address of a Ray cluster to run on, or `auto`; this machine when not given.
        results: the folder that records go to; the search's own is `<results>/<name>-tune`.
        overrides: `path=value` texts, such as `"train.epochs=1"`.
        force: begin anew, whatever the folder holds of an earlier search.
        listener: hears of trials and runs as they go.

    Raises:
        SeqvisionError: the config or the data is wrong, or the folder holds another search.
        RunFailed: no trial could be trained.

    Example:
        found = seqvision.tune("gru3", trials=20, jobs=2)
        print(found.values, found.verdict["in_words"])
    """
    settings = {"trials": trials, "oracle": oracle, "objective": objective, "seeds": seeds}
    tunable = load_tunable(config, overrides, **settings)
    with performer(str(jobs), ray, Path(results), runs_of(tunable)) as perform:
        return search(tunable, Path(results), perform, listener, force=force)


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
    """What `tune` does, with whoever performs runs.

    Raises:
        SeqvisionError, RunFailed: as `tune` does.
    """
    for config in (tunable.untuned, *tunable.probes()):
        check_known_elsewhere(config)
    folder = results / tunable.name
    check_writable(folder)
    import_keras()  # keras-tuner would, with TensorFlow's greetings.
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
    from seqvision.sweep.tune.log import Log, asked
    from seqvision.sweep.tune.proposals import Proposals
    from seqvision.sweep.tune.search import Search, best, trial_name

    folder, objective = results / tunable.name, tunable.tune.objective
    if force:
        for number in asked(folder):
            shutil.rmtree(results / trial_name(tunable, number), ignore_errors=True)
    log = Log(folder, _settings(tunable), forget=force)
    proposals = Proposals(tunable, log)
    search = Search(tunable, proposals, results, perform.places, listener)
    first = read_record(search.untuned[0].folder)
    if proposals.told and first and not of_today(first, tunable.untuned.data):
        raise SeqvisionError(
            f"{folder}: was begun with other data than the config names now; --force begins it "
            "anew, another name or --results keeps both"
        )
    try:
        run_all(search.jobs(), _Forgiving(perform, search.is_trial), search)
    except SeqvisionError:
        if not proposals.told:  # Nothing can come of it, and nothing has.
            shutil.rmtree(folder)
        raise
    found = best(proposals.told, objective)
    if not found:
        raise RunFailed(f"none of {len(proposals.told)} trials ended well; see {folder}/trials.csv")
    tuned = tunable.point(found.proposal.values, tuned_name(tunable))
    jobs = [_measured(tuned, run, results) for run in found.runs]
    run_all(jobs, perform, listener)
    _remove_checkpoints(proposals, results)
    verdict = _verdict(search.untuned, jobs, results, objective)
    write_json(folder / "verdict.json", verdict)
    if verdict:
        words = verdict["in_words"]
        write_best(folder / "best.yaml", found, len(proposals.told), tunable, words)
    proposal = found.proposal
    assert found.value is not None
    return Tuned(folder, tuned, proposal.number, proposal.values, found.value, verdict)


def _settings(tunable: Tunable) -> dict[str, Any]:
    """What makes a search this one; it may be given more trials."""
    tune = tunable.tune.model_dump(mode="json", by_alias=True, exclude={"trials"})
    return {**tune, "seeds": tunable.tune.each_seed, "config": tunable.untuned.content()}


class _Forgiving:
    """Performs runs; a trial that cannot be built has failed, and others may end well."""

    def __init__(self, perform: Performer, is_trial: Callable[[Job], bool]):
        self.perform, self.is_trial = perform, is_trial
        self.places = perform.places

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        try:
            return self.perform(job, listener)
        except SeqvisionError as error:
            if not self.is_trial(job):
                raise
            return Outcome(job, "failed", message=str(error))

    def stop(self) -> None:
        self.perform.stop()


def _measured(tuned: Config, run: dict[str, Any], results: Path) -> Job:
    """A run of the best trial, to be measured on the test images too."""
    # It need not be trained again, unless the tests along its way are asked for.
    trained = None if tuned.train.test_every else results / run["run_id"]
    return Job(tuned, run["seed"], results, begin_with=trained)


def _remove_checkpoints(proposals: Any, results: Path) -> None:
    """Remove those from which no trial will go on."""
    for trial in proposals.told:
        if proposals.used_up or not trial.proposal.epochs:
            for run in (run for run in trial.runs if "run_id" in run):
                (results / run["run_id"] / "checkpoint.npz").unlink(missing_ok=True)


def _verdict(
    untuned: list[Job], tuned: list[Job], results: Path, objective: str
) -> dict[str, Any] | None:
    from seqvision.sweep.tune.verdict import judge

    before = [record for job in untuned if (record := job.record())]
    after = [record for job in tuned if (record := job.record())]
    if len(before) < len(untuned) or len(after) < len(tuned):
        return None
    return judge(before, after, results, objective).as_dict()
