"""The columns of trials.csv, for those who write it and those who read it."""

COLUMNS = {
    "trial": "int64",
    "seed": "int64",
    "status": "str",
    "objective": "str",
    "value": "float64",
    "mean": "float64",
    "epochs": "Int64",
    "epochs_saved": "Int64",
    "epochs_given": "Int64",
    "after": "Int64",
    "seconds": "float64",
    "run_id": "str",
    "message": "str",
}
"""The columns of every search and their types for pandas; a column for each parameter follows.

`value` is the objective of this seed's run, `mean` that over the trial's seeds, which the oracle
was told. `epochs` is how far the run was trained; the first `epochs_saved` of them are those of the
trial `after`, from which it went on. `epochs_given` is how far Hyperband wanted it trained.
"""
