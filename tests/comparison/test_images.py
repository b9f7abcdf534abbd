"""What the predictions on the same test images say of two rows."""

import numpy as np
import pandas as pd
import pytest

from seqvision.comparison.records import load_records
from seqvision.comparison.table import compare
from seqvision.runs.answers import read_answers, write_answers
from seqvision.statistics.bootstrap import bootstrap_interval
from seqvision.statistics.cochran import cochrans_q
from seqvision.statistics.majority import majority_p_value
from seqvision.statistics.mcnemar import mcnemar, mcnemar_over_seeds

IMAGES = 300


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def masks(write_run):
    """Three models of three seeds, written down; which images each run errs on, by name."""
    generator = np.random.default_rng(0)
    rates = {"base": 0.3, "better": 0.2, "worse": 0.35}
    masks = {name: generator.random((3, IMAGES)) < rate for name, rate in rates.items()}
    for name, seeds in masks.items():
        for seed, wrong in enumerate(seeds):
            write_run(name, seed, wrong=wrong)
    return masks


def table_of(results, **arguments):
    return compare(load_records(results), baseline="base", **arguments).set_index("name")


def test_every_statistic_gets_the_masks_of_its_runs(masks, results):
    table = table_of(results)
    for name in ("better", "worse"):
        row = table.loc[name]
        pairs = list(zip(masks[name], masks["base"], strict=True))
        assert row["difference"] == pytest.approx(masks[name].mean() - masks["base"].mean())
        assert row["p_mcnemar"] == pytest.approx(mcnemar_over_seeds(pairs))
        interval = bootstrap_interval(masks[name].astype(int) - masks["base"])
        assert (row["bootstrap_low"], row["bootstrap_high"]) == pytest.approx(interval)
    tests = [cochrans_q(np.array([masks[name][seed] for name in masks])) for seed in range(3)]
    assert table["p_cochran"].tolist() == pytest.approx(
        [majority_p_value([p for _, p in tests])] * 3
    )
    assert table["cochrans_q"].iloc[0] == pytest.approx(np.median([q for q, _ in tests]))
    smaller, larger = sorted(table["p_mcnemar"].dropna())
    holm = {smaller: 2 * smaller, larger: max(2 * smaller, larger)}
    assert table["p_mcnemar_holm"].dropna().to_list() == pytest.approx(
        [min(1, holm[p]) for p in table["p_mcnemar"].dropna()]
    )
    only = ["difference", "bootstrap_low", "p_mcnemar", "p_mcnemar_holm"]
    assert table.loc["base", only].isna().all()
    assert any("Q over 3 trained models" in said for said in table.attrs["caption"])


def test_only_common_seeds_count(masks, write_run, results):
    write_run("late", 2, wrong=masks["better"][2])
    write_run("late", 3, wrong=masks["better"][0])
    row = table_of(results).loc["late"]
    assert row["p_mcnemar"] == pytest.approx(mcnemar(masks["better"][2], masks["base"][2]))
    assert pd.isna(row["bootstrap_low"]) and row["common_seeds"] == 1


def test_a_row_of_several_configs_is_no_single_model(masks, write_run, results):
    for seed, wrong in enumerate(masks["worse"]):
        write_run("better", seed, {"config.model.units": [4]}, config_hash="dddddddd", wrong=wrong)
    table = table_of(results)
    both = (masks["better"].astype(float) + masks["worse"]) / 2
    interval = bootstrap_interval(both - masks["base"])
    row = table.loc["better"]
    assert (row["bootstrap_low"], row["bootstrap_high"]) == pytest.approx(interval)
    assert pd.isna(row["p_mcnemar"]) and pd.isna(row["p_cochran"])
    pair = [cochrans_q(np.array([masks["base"][s], masks["worse"][s]]))[1] for s in range(3)]
    assert table["p_cochran"].loc["base"] == pytest.approx(majority_p_value(pair))


def test_without_a_baseline_no_prediction_is_read(masks, results, caplog):
    for file in results.rglob("predictions.npz"):
        file.write_bytes(b"no archive")
    table = compare(load_records(results))
    assert len(table) == 3 and not caplog.text
    assert "p_mcnemar" not in table


class Harm:
    """What a pickle may do when it is loaded."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("damage", ["gone", "no archive", "empty", "pickle", "shape", "key"])
def test_predictions_that_cannot_be_read_are_said_and_left_out(masks, results, caplog, damage):
    (file,) = results.glob("better/*-s1/predictions.npz")
    ones = np.ones((IMAGES, 3), np.float32)
    if damage == "gone":
        file.unlink()
    elif damage == "no archive":
        file.write_bytes(b"no archive")
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "pickle":
        harm = np.array([Harm()], dtype=object)
        np.savez(file, probabilities=harm, labels=harm)
    elif damage == "shape":
        np.savez(file, probabilities=ones[:10], labels=np.zeros(IMAGES, int))
    else:
        np.savez(file, probabilities=ones)
    with pytest.raises((OSError, ValueError)):
        read_answers(file.parent)
    row = table_of(results).loc["better"]
    assert str(file.parent) in caplog.text
    pairs = [(masks["better"][seed], masks["base"][seed]) for seed in (0, 2)]
    assert row["p_mcnemar"] == pytest.approx(mcnemar_over_seeds(pairs))
    assert row["common_seeds"] == 3  # The record's own error is there.


def test_other_labels_are_other_images(masks, results, caplog):
    (file,) = results.glob("better/*-s1/predictions.npz")
    probabilities, labels = np.load(file).values()
    np.savez(file, probabilities=probabilities, labels=labels[::-1])
    table_of(results)
    assert "its labels are others" in caplog.text


def test_answers_of_a_few_kilobytes_give_the_same_statistics(masks, results):
    full = table_of(results)
    for file in results.rglob("predictions.npz"):
        write_answers(file.with_name("answers.npz"), *np.load(file).values())
        file.unlink()
    pd.testing.assert_frame_equal(table_of(results), full, check_exact=True)
    assert full["p_mcnemar"].notna().sum() == 2
