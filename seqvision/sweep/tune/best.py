"""The best trial of a search, and best.yaml, its config."""

import json
from datetime import date
from importlib.metadata import version
from pathlib import Path

from seqvision.config.search import Tunable
from seqvision.formatting import counted
from seqvision.metrics import higher_is_better, metric_value
from seqvision.runs.files import write_yaml
from seqvision.sweep.tune.trial import EndedTrial


def best(trials: list[EndedTrial], objective: str) -> EndedTrial | None:
    """The best of the finished trials that were trained for the most epochs; None without one.

    So neither a trial that Hyperband gave fewer epochs nor one that the median rule stopped.
    """
    finished = [trial for trial in trials if trial.status == "finished"]
    most = max((trial.proposal.epochs or 0 for trial in finished), default=0)
    sign = 1 if higher_is_better(objective) else -1
    return max(
        (trial for trial in finished if (trial.proposal.epochs or 0) == most),
        key=lambda trial: sign * (trial.value or 0.0),
        default=None,
    )


def write_best(
    path: Path, best: EndedTrial, trials: int, tunable: Tunable, verdict: str = ""
) -> None:
    """Write the best config so far as a person would, below a comment that says its origin."""
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
