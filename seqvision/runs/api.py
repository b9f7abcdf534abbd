"""Running from Python."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seqvision.config import Config, load_config
from seqvision.errors import SeqvisionError
from seqvision.runs.progress import Progress
from seqvision.runs.run import perform


def run(
    config: str | Path | dict[str, Any] | Config,
    seed: int | None = None,
    *,
    results: str | Path = "results",
    overrides: Iterable[str] = (),
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train one config with one seed and return its record; a finished run is not run again.

    Afterwards the process is as it was: random generators, determinism, precision. Only the
    threads of TensorFlow stay as the run set them, if it was what computed first: by default one
    within an operation. `train.threads` says otherwise.

    Args:
        config: a path, a zoo name, a mapping, or a loaded config.
        seed: the config's first seed when not given.
        results: the folder that records go to.
        overrides: `path=value` texts, such as `"train.epochs=1"`.
        force: train again even if there is a record.
        progress: hears of the run as it goes.

    Raises:
        SeqvisionError: the config or the data is wrong.
        RunFailed: the run started and could not end well.

    Example:
        record = seqvision.run("tiny", seed=0)
        print(record["metrics"]["test_accuracy"])
    """
    loaded = load_config(config, overrides)
    if loaded.grid:
        raise SeqvisionError(f"{loaded.name}: a grid is many runs; `seqvision run` performs them")
    chosen = loaded.train.seeds[0] if seed is None else seed
    if isinstance(chosen, bool) or not isinstance(chosen, int) or not 0 <= chosen < 2**31:
        raise SeqvisionError(f"seed: expected a whole number from 0, got {seed!r}")
    return perform(loaded, chosen, Path(results), force=force, progress=progress)
