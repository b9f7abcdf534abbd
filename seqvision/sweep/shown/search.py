"""The progress of a search: bars as for a sweep, whose runs become known one by one."""

from typing import Any

from seqvision.metrics import metric_value
from seqvision.sweep.plan import Job
from seqvision.sweep.shown.sweep import SweepProgress
from seqvision.sweep.tune.listener import SearchListener
from seqvision.sweep.tune.trial import EndedTrial


class SearchProgress(SweepProgress, SearchListener):
    """Shows how a search goes.

    Args:
        runs: how many there may be.
        objective: the metric that is shown of a trial's run.
    """

    def __init__(self, runs: int, places: int, objective: str):
        super().__init__([], places)
        self.total, self.objective = runs, objective
        self.to_do = {f"run {number}": None for number in range(runs)}

    def begin(self, job: Job) -> None:
        with self.lock:
            # It replaces one that was not known yet, unless it was begun before.
            unknown = (name for name in self.to_do if name.startswith("run "))
            if job.run_id not in self.to_do and (name := next(unknown, None)):
                del self.to_do[name]
            self.to_do[job.run_id] = None
        super().begin(job)

    def result(self, record: dict[str, Any]) -> str:
        if record["status"] == "untested":
            return self._objective(record["metrics"][self.objective])
        return super().result(record)

    def trial_ended(self, trial: EndedTrial, best: EndedTrial | None) -> None:
        number = trial.proposal.number
        if trial.status == "failed":
            why = next((run["message"] for run in trial.runs if run.get("message")), "")
            self.console.print(f"trial {number} failed: {why}", style="red", markup=False)
        elif best is trial and trial.value is not None:
            said = f"trial {number} is the best so far: {self._objective(trial.value)}"
            self.console.print(said, style="green", highlight=False)

    def _objective(self, value: float) -> str:
        return f"{self.objective} {metric_value(self.objective, value)}"
