"""Tuning from Python."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from seqvision.bar import is_watched
from seqvision.config.plain import Overrides
from seqvision.config.schema import Config
from seqvision.config.search import load_tunable
from seqvision.config.seeds import read_seeds
from seqvision.loggers.chosen import Spec, chosen
from seqvision.sweep.schedule import Listener
from seqvision.sweep.shown.search import SearchProgress
from seqvision.sweep.tune.search import Tuned, runs_of, search
from seqvision.sweep.where import performer


def tune(
    config: str | Path | dict[str, Any] | Config,
    *,
    trials: int | None = None,
    jobs: int | str = 1,
    ray: str | None = None,
    oracle: str | dict[str, Any] | None = None,
    objective: str | None = None,
    seed: int | None = None,
    seeds: str | Iterable[int] | None = None,
    results: str | Path = "results",
    overrides: Overrides = (),
    force: bool = False,
    listener: Listener | None = None,
    progress: bool | None = None,
    loggers: Iterable[Spec] = (),
) -> Tuned:
    """Search what a config's `tune.space` spans; a search that was cut short goes on.

    Args:
        config: a path, a zoo name, a mapping, or a loaded config.
        trials, oracle, objective: in place of those of the config's `tune` section.
        seed, seeds: of every trial, one or several, in place of those of the config's section:
            `seeds=[0, 3]`, `range(5)` or `"0-4"`.
        jobs: how many runs there may be at a time, each in a worker process, or `auto`.
        ray: the address of a Ray cluster to run on, or `auto`; this machine when not given.
        results: the folder that records go to; the search's own is `<results>/<name>-tune`.
        overrides: `path=value` texts, such as `"train.epochs=1"`, or `{"train.epochs": 1}`.
        force: begin anew, whatever the folder holds of an earlier search.
        listener: hears of trials and runs as they go, in place of bars.
        progress: whether bars are drawn; when not given, if a person looks, as for `seqvision.run`.
        loggers: where else to log every run, as for `seqvision.run`.

    Raises:
        SeqvisionError: the config or the data is wrong, or the folder holds another search.
        RunFailed: no trial could be trained.

    Examples:
        >>> import seqvision
        >>> quick = ["data.training=500", "train.epochs=1"]
        >>> found = seqvision.tune("tiny", trials=2, overrides=quick)
        >>> sorted(found.values)
        ['model.dropout', 'model.units', 'train.batch_size', 'train.optimizer.learning_rate']
    """
    log_to = chosen(loggers)
    settings = {"trials": trials, "oracle": oracle, "objective": objective}
    settings["seeds"] = read_seeds(seeds, seed)
    tunable = load_tunable(config, overrides, **settings)
    runs, objective = runs_of(tunable), tunable.tune.objective
    drawn = listener is None and (is_watched() if progress is None else progress)
    with performer(str(jobs), ray, Path(results), runs, log_to) as perform:
        shown = SearchProgress(runs, perform.places, objective) if drawn else None
        with shown or nullcontext():
            return search(tunable, Path(results), perform, shown or listener, force=force)
