"""The verdict's intervals, against formulas written out here, and its words."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from seqvision.sweep.tune.verdict import Estimate, judge

N = 400


def record(folder, name, seed, wrong, validation):
    """A record, and the predictions of a run that gets the images of these indices wrong."""
    labels = np.arange(N) % 10
    probabilities = np.eye(10)[np.where(np.isin(np.arange(N), wrong), (labels + 1) % 10, labels)]
    run_id = f"{name}/x-s{seed}"
    (folder / run_id).mkdir(parents=True)
    np.savez(folder / run_id / "predictions.npz", probabilities=probabilities, labels=labels)
    metrics = {"test_error": len(wrong) / N, "val_accuracy": validation}
    return {"run_id": run_id, "seed": seed, "metrics": metrics}


def test_of_one_seed_the_intervals_are_over_images(tmp_path):
    before = [record(tmp_path, "a", 0, range(40), 0.90)]
    after = [record(tmp_path, "b", 0, range(10, 34), 0.95)]
    verdict = judge(before, after, tmp_path, "val_accuracy")
    # Wilson 1927, equation by equation.
    p, z = 0.1, stats.norm.ppf(0.975)
    middle = (p + z * z / (2 * N)) / (1 + z * z / N)
    half = z / (1 + z * z / N) * math.sqrt(p * (1 - p) / N + z * z / (4 * N * N))
    assert verdict.untuned.mean == pytest.approx(p)
    assert (verdict.untuned.low, verdict.untuned.high) == pytest.approx(
        (middle - half, middle + half)
    )
    # 16 images became right, none wrong: pairs, not two samples.
    d = 16 / N
    error = math.sqrt((d - d * d) / (N - 1))
    t = stats.t.ppf(0.975, N - 1)
    assert verdict.difference.mean == pytest.approx(-d)
    assert verdict.difference.low == pytest.approx(-d - t * error)
    assert verdict.difference.high == pytest.approx(-d + t * error)
    assert verdict.in_words.startswith("Tuning helped: -4.00 points of test error")
    assert "over test images" in verdict.in_words


def test_an_objective_that_an_earlier_version_did_not_measure_is_not_judged_by(tmp_path):
    before = [record(tmp_path, "a", 0, range(40), 0.90)]
    after = [record(tmp_path, "b", 0, range(10, 34), 0.95)]
    after[0]["metrics"]["val_macro_f1"] = 0.9
    verdict = judge(before, after, tmp_path, "val_macro_f1")
    assert math.isnan(verdict.untuned_objective) and verdict.tuned_objective == 0.9
    assert verdict.in_words.startswith("Tuning helped")


def test_of_several_seeds_they_are_over_seeds_which_are_paired(tmp_path):
    before = [record(tmp_path, "a", s, range(40 + 10 * s), 0.9) for s in range(3)]
    after = [record(tmp_path, "b", s, range(36 + 10 * s + s % 2), 0.89) for s in range(3)]
    verdict = judge(before, after, tmp_path, "val_accuracy")
    t = stats.t.ppf(0.975, 2)
    errors = np.array([40, 50, 60]) / N
    half = t * errors.std(ddof=1) / math.sqrt(3)
    assert verdict.untuned.low == pytest.approx(errors.mean() - half)
    pairs = np.array([-4, -3, -4]) / N
    half = t * pairs.std(ddof=1) / math.sqrt(3)
    assert verdict.difference.high == pytest.approx(pairs.mean() + half)
    assert verdict.difference.high < 0  # Though the two intervals overlap.
    assert verdict.untuned.low < verdict.tuned.high
    assert verdict.in_words.startswith(
        "No trial beat the untuned config on validation. Tuning helped"
    )


def test_a_difference_that_chance_explains_is_called_so(tmp_path):
    before = [record(tmp_path, "a", 0, range(40), 0.3)]
    after = [record(tmp_path, "b", 0, range(1, 40), 0.2)]
    for each in (before[0], after[0]):
        each["metrics"]["val_loss"] = each["metrics"]["val_accuracy"]
    verdict = judge(before, after, tmp_path, "val_loss")
    assert verdict.in_words.startswith(
        "Tuning made no difference that can be told from chance: -0.25"
    )


@pytest.mark.parametrize(("seeds", "across"), [([0], "test images"), ([0, 1], "seeds")])
def test_a_difference_that_is_always_the_same_has_no_interval(seeds, across, tmp_path):
    """Equal values do not show that others would be equal too."""
    before = [record(tmp_path, "a", seed, range(40 + seed), 0.9) for seed in seeds]
    after = [record(tmp_path, "b", seed, range(40 + seed), 0.95) for seed in seeds]
    verdict = judge(before, after, tmp_path, "val_accuracy")
    assert verdict.difference == Estimate(0.0, None, None)
    assert verdict.tuned.low < verdict.tuned.mean < verdict.tuned.high
    assert verdict.in_words == (
        f"No interval, as the difference is the same for all {across}: +0.00 points of test error."
    )
    json.dumps(verdict.as_dict(), allow_nan=False)
