"""trials.csv: one row for each trial and seed."""

import json
import math
from pathlib import Path
from typing import Any

from seqvision.config.search import Tunable
from seqvision.runs.files import write_csv
from seqvision.sweep.schedule import Outcome
from seqvision.sweep.tune.columns import COLUMNS
from seqvision.sweep.tune.median import MEDIAN_RULE
from seqvision.sweep.tune.trial import EndedTrial


def run_of(outcome: Outcome, objective: str, saved: int) -> dict[str, Any]:
    """The cells of one run of a trial, by column; the log keeps the same.

    Args:
        saved: the epochs of the trial from which it went on.
    """
    run: dict[str, Any] = {"seed": outcome.job.seed, "run_id": outcome.job.run_id}
    record = outcome.record
    if not record:
        return run | {"status": "failed", "message": outcome.message}
    metrics = record["metrics"]
    value, why = metrics.get(objective), metrics["stopped"] or ""
    run |= {"epochs": metrics["epochs"], "epochs_saved": saved}
    run |= {"seconds": record["timing"]["train_seconds"]}
    if value is None or not math.isfinite(value):
        what = "nothing: no images to judge by" if value is None else value
        return run | {"status": "failed", "message": f"{objective} is {what}"}
    status = "stopped" if why.startswith(MEDIAN_RULE) else "finished"
    return run | {"status": status, "value": value, "message": why}


def write_trials(path: Path, trials: list[EndedTrial], tunable: Tunable) -> None:
    """Write the rows by trial and seed; a list or a mapping among the values is JSON."""
    columns = [*COLUMNS, *tunable.tune.space]
    rows = []
    for trial in sorted(trials, key=lambda trial: trial.proposal.number):
        proposal = trial.proposal
        common = {
            "trial": proposal.number,
            "objective": tunable.tune.objective,
            "mean": trial.value,
            "epochs_given": proposal.epochs,
            "after": proposal.after,
        }
        rows += [{**common, **run, **proposal.values} for run in trial.runs]
    write_csv(path, columns, ([_cell(row.get(column)) for column in columns] for row in rows))


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value
