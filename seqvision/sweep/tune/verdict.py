"""What tuning gained on the test images, which the search has not used."""

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from seqvision.formatting import points
from seqvision.metrics import higher_is_better
from seqvision.runs.answers import read_answers
from seqvision.runs.record import RunRecord
from seqvision.statistics.student import t_interval


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval, None to None where equal values leave nothing to judge by."""

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Verdict:
    """The best config beside the untuned one.

    With one seed, an interval says what other test images might give: Wilson's for an error,
    Student's t over the images for the difference. With several it says what other seeds might
    give: Student's t over the seeds, which are paired for the difference.
    """

    seeds: list[int]
    objective: str
    untuned_objective: float
    tuned_objective: float
    """The mean over the seeds; NaN where an earlier version did not measure it. The tuned config
    was chosen by it, so it is too good on average."""
    untuned: Estimate
    tuned: Estimate
    """The test error, a share."""
    difference: Estimate
    """Tuned minus untuned: below 0 where tuning helped."""

    @property
    def in_words(self) -> str:
        """One sentence for a person."""
        d = self.difference
        across = "test images" if len(self.seeds) == 1 else "seeds"
        change = f"{points(d.mean)} points of test error"
        sign = 1 if higher_is_better(self.objective) else -1
        unbeaten = sign * self.tuned_objective <= sign * self.untuned_objective
        first = "No trial beat the untuned config on validation. " if unbeaten else ""
        if d.low is None or d.high is None:
            return f"{first}No interval, as the difference is the same for all {across}: {change}."
        change += f" (95 % interval {points(d.low)} to {points(d.high)}, over {across})"
        if d.low <= 0 <= d.high:
            return f"{first}Tuning made no difference that can be told from chance: {change}."
        return f"{first}Tuning {'helped' if d.mean < 0 else 'hurt'}: {change}."

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "in_words": self.in_words}


def judge(
    untuned: list[RunRecord], tuned: list[RunRecord], results: Path, objective: str
) -> Verdict:
    """Compare the records of two configs, of the same seeds in the same order."""
    return Verdict(
        [record["seed"] for record in tuned],
        objective,
        _objective(untuned, objective),
        _objective(tuned, objective),
        _error(untuned, results),
        _error(tuned, results),
        _difference(untuned, tuned, results),
    )


def _objective(records: list[RunRecord], name: str) -> float:
    values = [record["metrics"].get(name) for record in records]
    return fmean(float("nan") if value is None else value for value in values)


def _error(records: list[RunRecord], results: Path) -> Estimate:
    if len(records) > 1:
        return _mean_of(np.array([record["metrics"]["test_error"] for record in records]))
    wrong = _wrong(records[0], results)
    low, high = proportion_confint(wrong.sum(), len(wrong), method="wilson")
    return Estimate(float(wrong.mean()), float(low), float(high))


def _difference(untuned: list[RunRecord], tuned: list[RunRecord], results: Path) -> Estimate:
    if len(tuned) > 1:
        pairs = zip(untuned, tuned, strict=True)
        each = [t["metrics"]["test_error"] - u["metrics"]["test_error"] for u, t in pairs]
        return _mean_of(np.array(each))
    before, after = _wrong(untuned[0], results), _wrong(tuned[0], results)
    return _mean_of(after.astype(float) - before)


def _mean_of(values: np.ndarray) -> Estimate:
    """The mean of a sample, `(n,)`, with Student's interval."""
    low, high = t_interval(values.mean(), values.std(ddof=1), len(values))
    if np.isnan(low):
        return Estimate(float(values.mean()), None, None)
    return Estimate(float(values.mean()), float(low), float(high))


def _wrong(record: RunRecord, results: Path) -> np.ndarray:
    """Which test images a run got wrong: bool `(n,)`."""
    labels, predicted, _ = read_answers(results / record["run_id"])
    return predicted != labels
