"""What tuning was worth on the test images, which nothing before has looked at."""

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from seqvision.config.tune import DIRECTIONS
from seqvision.formatting import points
from seqvision.runs.answers import read_answers
from seqvision.runs.record import RunRecord

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """The best config beside the untuned one.

    Of one seed, an interval says what other test images might have given: Wilson's for an error,
    Student's t over the images for the difference. Of several it says what other seeds might
    have given: Student's t over the seeds, which are paired for the difference.
    """

    seeds: list[int]
    objective: str
    untuned_objective: float
    tuned_objective: float
    """The mean over the seeds; it chose the tuned config, so it flatters it."""
    untuned: Estimate
    tuned: Estimate
    """The test error, a share."""
    difference: Estimate
    """Tuned less untuned: below 0 where tuning helped."""

    @property
    def in_words(self) -> str:
        """One sentence for a person."""
        d = self.difference
        across = "test images" if len(self.seeds) == 1 else "seeds"
        told = (
            f"{points(d.mean)} points of test error "
            f"(95 % interval {points(d.low)} to {points(d.high)}, over {across})"
        )
        sign = 1 if DIRECTIONS[self.objective] == "max" else -1
        beaten = sign * self.tuned_objective > sign * self.untuned_objective
        first = "" if beaten else "No trial beat the untuned config on validation. "
        if d.low <= 0 <= d.high:
            return f"{first}Tuning made no difference that can be told from chance: {told}."
        return f"{first}Tuning {'helped' if d.mean < 0 else 'hurt'}: {told}."

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "in_words": self.in_words}


def judge(
    untuned: list[RunRecord], tuned: list[RunRecord], results: Path, objective: str
) -> Verdict:
    """Compare the records of two configs, of the same seeds in the same order."""
    return Verdict(
        [record["seed"] for record in tuned],
        objective,
        fmean(record["metrics"][objective] for record in untuned),
        fmean(record["metrics"][objective] for record in tuned),
        _error(untuned, results),
        _error(tuned, results),
        _difference(untuned, tuned, results),
    )


def _error(records: list[RunRecord], results: Path) -> Estimate:
    errors = [record["metrics"]["test_error"] for record in records]
    if len(records) > 1:
        return student(np.array(errors))
    wrong = _wrong(records[0], results)
    low, high = proportion_confint(wrong.sum(), len(wrong), 1 - _CONFIDENCE, method="wilson")
    return Estimate(float(wrong.mean()), float(low), float(high))


def _difference(untuned: list[RunRecord], tuned: list[RunRecord], results: Path) -> Estimate:
    if len(tuned) > 1:
        pairs = zip(untuned, tuned, strict=True)
        each = [t["metrics"]["test_error"] - u["metrics"]["test_error"] for u, t in pairs]
        return student(np.array(each))
    before, after = _wrong(untuned[0], results), _wrong(tuned[0], results)
    return student(after.astype(float) - before)


def student(values: np.ndarray) -> Estimate:
    """The mean of a sample, `(n,)`, and Student's interval for it."""
    mean = float(values.mean())
    if np.ptp(values) == 0:
        return Estimate(mean, mean, mean)
    interval = stats.ttest_1samp(values, 0.0).confidence_interval(_CONFIDENCE)
    return Estimate(mean, float(interval.low), float(interval.high))


def _wrong(record: dict[str, Any], results: Path) -> np.ndarray:
    """Which test images a run got wrong: bool `(n,)`."""
    labels, said, _ = read_answers(results / record["run_id"])
    return said != labels
