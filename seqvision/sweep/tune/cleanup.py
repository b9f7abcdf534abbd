"""Removes what a search no longer needs."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from seqvision.config.search import Tunable
from seqvision.sweep.tune.log import asked
from seqvision.sweep.tune.trial import trial_name

if TYPE_CHECKING:
    from seqvision.sweep.tune.proposals import Proposals


def remove_trials(tunable: Tunable, results: Path) -> None:
    """Remove the runs of every trial that the search's log knows."""
    for number in asked(results / tunable.name):
        shutil.rmtree(results / trial_name(tunable, number), ignore_errors=True)


def remove_checkpoints(proposals: "Proposals", results: Path) -> None:
    """Remove the checkpoints of trials from which no other will go on."""
    for trial in proposals.ended:
        if proposals.used_up or not trial.proposal.epochs:
            for run in (run for run in trial.runs if "run_id" in run):
                (results / run["run_id"] / "checkpoint.npz").unlink(missing_ok=True)
