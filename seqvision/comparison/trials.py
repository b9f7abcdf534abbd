"""The trials of a search as a table."""

from pathlib import Path
from typing import TYPE_CHECKING

from seqvision.errors import SeqvisionError
from seqvision.sweep.tune.columns import COLUMNS

if TYPE_CHECKING:
    import pandas as pd


def load_trials(folder: str | Path) -> "pd.DataFrame":
    """Return the trials of a search, `<results>/<name>-tune`, one row a trial × seed.

    Columns:

    - `trial` (from 1, in the order proposed), `seed`, and `status`: `finished`, `failed`, or
      `stopped` by the median rule;
    - `objective`, the name of the metric; `value`, that of this seed's run; `mean`, that over the
      trial's seeds, which the oracle was told;
    - `epochs` trained; with Hyperband, `epochs_given` are those it wanted, and the first
      `epochs_saved` are those of the trial `after`, from which it went on;
    - `seconds` of training; `run_id`, the run's record within the results; `message`;
    - a column for each parameter, by its path in the config. A list or a mapping is JSON, and a
      value that was not in use is missing.

    Raises:
        SeqvisionError: the folder holds no trials.

    Examples:
        >>> import seqvision
        >>> quick = ["data.training=500", "train.epochs=1"]
        >>> found = seqvision.tune("tiny", trials=2, overrides=quick)
        >>> seqvision.load_trials("results/tiny-tune")[["trial", "status"]].values.tolist()
        [[1, 'finished'], [2, 'finished']]
    """
    import pandas as pd

    path = Path(folder) / "trials.csv"
    try:
        trials = pd.read_csv(path, dtype=COLUMNS)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise SeqvisionError(f"{path}: no trials: {reason}") from None
    if missing := [column for column in COLUMNS if column not in trials]:
        raise SeqvisionError(f"{path}: no trials: there is no column {missing[0]!r}")
    trials["message"] = trials["message"].fillna("")
    return trials


def parameters(trials: "pd.DataFrame") -> list[str]:
    """The columns of the parameters."""
    return [column for column in trials if column not in COLUMNS]
