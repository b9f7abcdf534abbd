"""Running from Python, one config or many."""

import gc
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from seqvision.bar import is_watched
from seqvision.config import Config, load_configs
from seqvision.config.load import Source
from seqvision.config.plain import Overrides, override_texts
from seqvision.config.seeds import read_seeds
from seqvision.errors import RunFailed, SeqvisionError
from seqvision.loggers.chosen import Spec, chosen, prepare
from seqvision.runs.progress import Progress
from seqvision.runs.record import RunRecord
from seqvision.runs.run import perform
from seqvision.sweep.plan import Job, Planned, plan
from seqvision.sweep.schedule import Outcome, run_all
from seqvision.sweep.shown.run import progress_bar
from seqvision.sweep.shown.sweep import SweepProgress
from seqvision.sweep.where import performer

if TYPE_CHECKING:
    import keras

    Callbacks = Sequence[keras.callbacks.Callback]


class _Options(TypedDict, total=False):
    jobs: int | str | None
    ray: str | None
    results: str | Path
    overrides: Iterable[str]
    force: bool
    fail_fast: bool
    progress: Progress | bool | None
    callbacks: "Callbacks"
    loggers: Iterable[Spec]


@overload
def run(
    config: Source, seed: int | None = None, *, seeds: None = None, **options: Unpack[_Options]
) -> RunRecord: ...
@overload
def run(
    config: Source, seed: None = None, *, seeds: str | Iterable[int], **options: Unpack[_Options]
) -> list[RunRecord]: ...
@overload
def run(
    config: Iterable[Source],
    seed: int | None = None,
    *,
    seeds: str | Iterable[int] | None = None,
    **options: Unpack[_Options],
) -> list[RunRecord]: ...


def run(
    config: Source | Iterable[Source],
    seed: int | None = None,
    *,
    seeds: str | Iterable[int] | None = None,
    jobs: int | str | None = None,
    ray: str | None = None,
    results: str | Path = "results",
    overrides: Overrides = (),
    force: bool = False,
    fail_fast: bool = False,
    progress: Progress | bool | None = None,
    callbacks: "Callbacks" = (),
    loggers: Iterable[Spec] = (),
) -> RunRecord | list[RunRecord]:
    """Train a config, or many, and return what `record.json` holds of each run.

    One config is one run, and its record is returned. A list of configs, or `seeds`, are many: the
    records are a list, config by config and seed by seed. What is finished is not run again; what
    was cut short goes on from its last finished epoch.

    Afterwards random generators, determinism and precision are as they were. Only TensorFlow's
    threads stay as the run set them if it was the first to compute: one within an operation,
    unless `train.threads` says otherwise.

    Args:
        config: a path, a zoo name, a mapping, or a loaded config; or a list of such, in which one
            with a `grid` is a run for each of its points.
        seed: one seed. With neither this nor `seeds`, one config has the first of its own, and
            each of a list has all of its own.
        seeds: several: `range(5)`, `[0, 3]`, or text as the command line takes it, `"0-4"`.
        jobs: how many runs there may be at a time, each in a worker process, or `auto`: one a
            core. When not given they are trained in this process, one after another.
        ray: the address of a Ray cluster to run on, or `auto`.
        results: the folder that records go to.
        overrides: `path=value` texts, such as `"train.epochs=1"`, or `{"train.epochs": 1}`.
        force: train again even if there is a record.
        fail_fast: begin no other run after one that failed.
        progress: whether bars are drawn; when not given, if a person looks: at a terminal, or in a
            notebook that has ipywidgets. Or what receives the events of runs in this process.
        callbacks: Keras callbacks of your own, for runs in this process. They see `val_loss`,
            `val_accuracy` and what else is validated. The config does not say what they change, so
            it cannot reproduce the numbers: the record names their classes in `callbacks`. A
            finished run is not run again because of them, unless `force` says so.
        loggers: where else to log runs as they go, `["mlflow", "tensorboard"]`; one with options is
            `"mlflow:experiment=mine"` or `{"name": "mlflow", "experiment": "mine"}`. The config
            does not name them. Runs that are finished already are not logged: `seqvision log` is
            for them.

    Raises:
        SeqvisionError: a config or its data is wrong, a logger is unknown or not installed, or
            arguments exclude each other.
        RunFailed: runs started and could not end well; the others' records are written.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> record["status"], record["seed"]
        ('finished', 0)
        >>> runs = seqvision.run("tiny", seeds=range(2))  # What is finished is not trained again.
        >>> [run["seed"] for run in runs]
        [0, 1]
    """
    elsewhere = jobs is not None or ray is not None
    hears = progress if isinstance(progress, Progress) else None
    if elsewhere and (hears or callbacks):
        raise SeqvisionError(
            "progress= and callbacks= belong to this process, and with jobs= or ray= each run has "
            "another: leave out one or the other"
        )
    drawn = not hears and (is_watched() if progress is None else progress)
    wanted, log_to = read_seeds(seeds, seed), chosen(loggers)
    is_list = isinstance(config, Iterable) and not isinstance(config, (str, Mapping, Config))
    overrides = override_texts(overrides)
    sources: Any = config if is_list else [config]
    loaded = [point for source in sources for point in load_configs(source, overrides)]
    single = seeds is None and not is_list
    if single:
        if len(loaded) > 1:
            raise SeqvisionError("config: its grid is many runs, as a list is: run([config])")
        wanted = wanted or loaded[0].train.seeds[:1]
    planned = plan(loaded, wanted, Path(results), force=force)
    to_do = [each.job for each in planned if not each.done]
    if elsewhere:
        with performer(jobs, ray, Path(results), len(to_do), log_to) as perform_one:
            shown = SweepProgress(planned, perform_one.places) if drawn and to_do else None
            with shown or nullcontext():
                ended = run_all(to_do, perform_one, shown, fail_fast=fail_fast)
    else:
        if to_do:
            prepare(log_to, Path(results))
        with progress_bar(not drawn) as bar:
            ended = perform_here(to_do, hears or bar, callbacks, log_to, fail_fast=fail_fast)
    outcomes = in_order(planned, ended)
    if failed := [outcome.message for outcome in outcomes if outcome.status == "failed"]:
        raise RunFailed("\n".join(failed))
    records = [outcome.record for outcome in outcomes if outcome.record]
    return records[0] if single else records


def perform_here(
    jobs: Iterable[Job],
    progress: Progress | None = None,
    callbacks: "Callbacks" = (),
    loggers: Sequence[Spec] = (),
    *,
    fail_fast: bool = False,
) -> list[Outcome]:
    """Perform runs in this process, one after another; a failure does not stop the others.

    Args:
        loggers: where else to log them, checked and prepared.

    Raises:
        SeqvisionError: the input of a run is wrong, or another process performs it.
    """
    outcomes = []
    for job in jobs:
        if outcomes:
            gc.collect()  # Models refer to themselves, and hold a run's data.
        try:
            record = perform(
                job.config,
                job.seed,
                job.results,
                force=job.force,
                progress=progress,
                callbacks=callbacks,
                loggers=loggers,
            )
            outcomes.append(Outcome(job, "finished", record))
        except RunFailed as error:
            outcomes.append(Outcome(job, "failed", message=str(error)))
            if fail_fast:
                break
    return outcomes


def in_order(planned: Sequence[Planned], ended: Iterable[Outcome]) -> list[Outcome]:
    """How each run of a plan ended, including those finished before."""
    by_run = {outcome.job.run_id: outcome for outcome in ended}
    return [
        Outcome(each.job, "finished", each.job.record())
        if each.done
        else by_run.get(each.job.run_id, Outcome(each.job, "stopped"))
        for each in planned
    ]
