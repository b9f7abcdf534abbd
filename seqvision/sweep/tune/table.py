"""What a search leaves for others: trials.csv, one row a trial × seed, and best.yaml."""

import json
import math
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from seqvision.config.search import Tunable
from seqvision.formatting import counted, metric_value
from seqvision.runs.files import write_csv, write_yaml
from seqvision.sweep.schedule import Outcome
from seqvision.sweep.tune.median import MEDIAN_RULE
from seqvision.sweep.tune.trial import Told

COLUMNS = (
    "trial",
    "seed",
    "status",
    "objective",
    "value",
    "mean",
    "epochs",
    "epochs_saved",
    "epochs_given",
    "after",
    "seconds",
    "run_id",
    "message",
)
"""What precedes the parameters, a column each.

`value` is the objective of this seed's run, `mean` that over the trial's seeds, which the oracle
was told. `epochs` is how far the run is trained; of these it went on after `epochs_saved`, which
the trial `after` had trained. `epochs_given` is how far Hyperband wanted it.
"""


def run_of(outcome: Outcome, objective: str, saved: int) -> dict[str, Any]:
    """What the log and the table say of one run of a trial.

    Args:
        saved: the epochs that it went on after, in place of training them.
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


def rows(told: list[Told], tunable: Tunable) -> list[dict[str, Any]]:
    """The rows of the table, by trial and seed."""
    found = []
    for trial in sorted(told, key=lambda trial: trial.proposal.number):
        proposal = trial.proposal
        common = {
            "trial": proposal.number,
            "objective": tunable.tune.objective,
            "mean": trial.value,
            "epochs_given": proposal.epochs,
            "after": proposal.after,
        }
        found += [{**common, **run, **proposal.values} for run in trial.runs]
    return found


def write_trials(path: Path, told: list[Told], tunable: Tunable) -> None:
    """Write trials.csv; a list or a mapping among the values is JSON."""
    columns = [*COLUMNS, *tunable.tune.space]
    cells = ([_cell(row.get(column)) for column in columns] for row in rows(told, tunable))
    write_csv(path, columns, cells)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict | bool) else value


def write_best(path: Path, best: Told, trials: int, tunable: Tunable, verdict: str = "") -> None:
    """Write the best config so far as a person would, below a comment of where it came from."""
    name = tunable.untuned.name
    content = tunable.document_of(best.proposal.values, tuned_name(tunable)).values
    tune = tunable.tune
    assert best.value is not None
    value = metric_value(tune.objective, best.value)
    found = "; ".join(f"{path}: {json.dumps(v)}" for path, v in best.proposal.values.items())
    comment = [
        f"The best of {counted(trials, 'trial')} of `seqvision tune` on {name}: trial "
        f"{best.proposal.number}, {tune.objective} {value}",
        f"(mean over seeds {', '.join(map(str, tune.each_seed))}; oracle {tune.oracle.name}).",
        f"Found: {found}",
        f"All trials: trials.csv. Written by seqvision {version('seqvision')} on {date.today()}.",
        *([verdict] if verdict else []),
    ]
    write_yaml(path, content, comment)


def tuned_name(tunable: Tunable) -> str:
    """The name of the best config."""
    return f"{tunable.untuned.name}-tuned"
