"""Models over datasets: what stands beside what, and what is left out."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from demsar import AUC, CHI2, CRITICAL_DIFFERENCE, MEAN_RANKS, MODELS, F
from scipy import stats

from seqvision.comparison.across import across
from seqvision.comparison.across.formats import (
    as_csv,
    as_json,
    as_latex,
    as_md,
    caption,
    parts,
    write_parquet,
)
from seqvision.comparison.records import load_records
from seqvision.errors import NothingToShow, SeqvisionError

NAMES = [name.replace("+", "_") for name in MODELS]


@pytest.fixture
def demsar(add, results):
    for dataset, row in AUC.items():
        for name, area in zip(NAMES, row, strict=True):
            add(name, dataset, 0.5, **{"metrics.macro_auroc": area})
    return load_records(results)


def published(path, rows, titles="Resamples:,0,1,2"):
    path.write_text("\n".join([titles, *rows, ""]))
    return path


def test_the_worked_example_of_demsar(demsar):
    found = across(demsar, metric="macro_auroc")
    assert found.models["model"].tolist() == ["C4.5_m_cf", "C4.5_m", "C4.5_cf", "C4.5"]
    assert found.models["mean_rank"].tolist() == pytest.approx(sorted(MEAN_RANKS), abs=5e-4)
    assert (found.friedman.chi2, found.friedman.f) == pytest.approx((CHI2, F), abs=5e-3)
    assert found.critical_difference == pytest.approx(CRITICAL_DIFFERENCE, abs=5e-3)
    # Nemenyi's test is not powerful enough to find a difference, the paper says.
    assert not found.pairs["different"].any()
    assert found.alike == [found.models["model"].tolist()]
    pairs = found.pairs.set_index(["model", "other"])
    # Table 2 of the paper has 10 wins, 2 ties and 2 losses of C4.5+m against C4.5.
    assert pairs.loc[("C4.5_m", "C4.5"), ["wins", "ties", "losses"]].tolist() == [10, 2, 2]
    assert found.models[["wins", "ties", "losses"]].sum(axis=1).tolist() == [3 * 14] * 4


def test_an_error_ranks_as_its_accuracy_and_wilcoxon_is_corrected(add, results):
    random = np.random.default_rng(0)
    for dataset in range(12):
        for place, model in enumerate("abc"):
            add(model, f"d{dataset}", 0.7 + 0.08 * place + 0.05 * random.random())
    records = load_records(results)
    by_error, by_accuracy = (across(records, metric=f"test_{m}") for m in ("error", "accuracy"))
    assert by_error.models.equals(by_accuracy.models)
    assert by_error.models["model"].tolist() == ["c", "b", "a"]
    found = across(records, test="wilcoxon")
    # Each is better on all twelve: 2 / 2¹², three times over; Holm's three are then equal.
    assert found.pairs["p"].tolist() == pytest.approx([3 * 2 / 2**12] * 3)
    assert found.pairs["different"].all() and found.alike == []
    assert found.critical_difference is None


def test_models_between_two_that_differ_are_joined_to_both(add, results):
    random = np.random.default_rng(3)
    for dataset in range(10):
        for place, model in enumerate("abcd"):
            add(model, f"d{dataset}", 0.5 + 0.04 * place + 0.09 * random.random())
    found = across(load_records(results))
    names, rank = found.models["model"].tolist(), found.models.set_index("model")["mean_rank"]
    apart = found.critical_difference
    expected = []
    for first in range(4):
        near = [m for m in names[first:] if rank[m] - rank[names[first]] < apart]
        if len(near) > 1 and not any(set(near) <= set(group) for group in expected):
            expected.append(near)
    assert found.alike == expected and len(expected) > 1


def test_where_no_model_differs_no_pair_is_called_so(add, results):
    random = np.random.default_rng(1)
    for dataset in range(6):
        for model in "abc":
            add(model, f"d{dataset}", random.random())
    found = across(load_records(results))
    assert found.friedman.p > 0.05 and not found.pairs["different"].any()
    assert "no two models are called different" in " ".join(caption(found))


def test_a_dataset_that_a_model_lacks_is_shown_and_not_ranked(add, results):
    for dataset, accuracies in {
        "x": (0.9, 0.8, 0.7),
        "y": (0.8, 0.9, 0.7),
        "z": (0.7, 0.8),
    }.items():
        for model, accuracy in zip("abc", accuracies, strict=False):
            add(model, dataset, accuracy)
    found = across(load_records(results))
    assert found.complete == ["x", "y"]
    assert np.isnan(found.values.loc["z", "c"]) and found.values.loc["z", "b"] == pytest.approx(0.2)
    assert found.models.set_index("model")["mean_rank"].to_dict() == {"a": 1.5, "b": 1.5, "c": 3}
    assert found.models.set_index("model")["datasets"].to_dict() == {"a": 3, "b": 3, "c": 2}
    assert "1 dataset left out of the ranks" in " ".join(caption(found))


def test_two_models_are_compared_by_wilcoxons_test(add, results):
    for dataset in range(6):
        add("a", f"d{dataset}", 0.9 + dataset / 100)
        add("b", f"d{dataset}", 0.8)
    found = across(load_records(results))
    assert found.test == "wilcoxon" and found.friedman is None
    assert found.pairs["p"].tolist() == pytest.approx([2 / 2**6])


def test_a_cell_is_the_mean_over_seeds_of_each_resample_that_all_models_have(add, results):
    for resample, accuracies in {0: (0.9, 0.7), 1: (0.8, 0.6), 2: (0.5, 0.1)}.items():
        add("a", "x", accuracies[0], seed=0, resample=resample)
        add("a", "x", accuracies[1], seed=1, resample=resample)
    for resample, accuracy in {0: 0.5, 1: 0.7}.items():
        add("b", "x", accuracy, resample=resample)
    found = across(load_records(results), metric="test_accuracy")
    assert found.cells.split == "resamples" and found.cells.numbers == {"x": [0, 1]}
    assert found.values.loc["x"].to_dict() == pytest.approx({"a": (0.8 + 0.7) / 2, "b": 0.6})
    assert found.cells.notes == ["Over those resamples that all models have: 0-1 on x."]


def test_the_original_split_never_stands_beside_resamples(add, results):
    for dataset in ("x", "y"):
        for resample in range(3):
            add("a", dataset, 0.5 + resample / 10, resample=resample)
        add("b", dataset, 0.9)
    records = load_records(results)
    found = across(records, metric="test_accuracy")
    assert found.values.columns.tolist() == ["a"] or found.values["b"].isna().all()
    assert "One of the resamples alone, left out: b on x, y." in found.cells.notes
    own = across(records, metric="test_accuracy", split="original")
    assert own.values.loc["x"].to_dict() == pytest.approx({"b": 0.9, "a": 0.5})
    assert any("4 runs of resamples left out" in note for note in own.cells.others)
    with pytest.raises(NothingToShow, match="no finished run of the split 'folds'"):
        across(records, split="folds")


def half_interval(values):
    return stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)


def test_resamples_without_the_original_split(add, results, tmp_path):
    drawn = {"a": (0.8, 0.7, 0.75), "b": (0.6, 0.4, 0.5)}
    for model, accuracies in drawn.items():
        add(model, "x", 0.1)
        for resample, accuracy in enumerate(accuracies, 1):
            add(model, "x", accuracy, resample=resample)
    add("a", "y", 0.2)  # Of which there is no resample.
    file = published(tmp_path / "p.csv", ["x,0.0,0.9,0.7,0.8"], "Resamples:,0,1,2,3")
    records = load_records(results)
    found = across(records, metric="test_accuracy", split="redrawn", published={"p": file})
    assert found.cells.numbers == {"x": [1, 2, 3]} and found.values.index.tolist() == ["x"]
    of_all = {**drawn, "p": (0.9, 0.7, 0.8)}
    means = {model: np.mean(accuracies) for model, accuracies in of_all.items()}
    assert found.values.loc["x"].to_dict() == pytest.approx(means)
    halves = {model: half_interval(accuracies) for model, accuracies in of_all.items()}
    assert found.cells.halves.loc["x"].to_dict() == pytest.approx(halves)
    assert found.cells.others == ["3 runs of the original split left out: not the same samples."]
    with_it = across(records, metric="test_accuracy", split="resamples")
    assert with_it.values.loc["x", "a"] == pytest.approx(np.mean([0.1, *drawn["a"]]))


def test_the_interval_of_the_original_split_is_over_seeds(add, results):
    for seed, accuracy in enumerate((0.9, 0.8, 0.95)):
        add("a", "x", accuracy, seed=seed)
    add("b", "x", 0.7)
    found = across(load_records(results), metric="test_accuracy")
    assert found.values.loc["x", "a"] == pytest.approx(np.mean([0.9, 0.8, 0.95]))
    assert found.cells.halves.loc["x", "a"] == pytest.approx(half_interval([0.9, 0.8, 0.95]))
    assert np.isnan(found.cells.halves.loc["x", "b"])
    assert found.cells.sizes == {"x": (1000, 100, 400)}


def test_folds_are_of_one_dataset_and_apart_from_all_else(add, results):
    for fold in range(3):
        add("a", "x", 0.5 + fold / 10, fold=fold)
        add("b", "x", 0.4, fold=fold)
        # Whole groups make folds of several sizes.
        for model in "ab":
            add(model, "y", 0.5, fold=fold, **{"dataset.test": 100 + fold})
    add("a", "x", 0.1)
    found = across(load_records(results), metric="test_accuracy")
    assert found.cells.split == "folds" and sorted(found.values.index) == ["x", "y"]
    assert found.values.loc["x"].to_dict() == pytest.approx({"a": 0.6, "b": 0.4})
    assert found.cells.numbers == {"x": [0, 1, 2], "y": [0, 1, 2]}
    assert any("1 run of the original split left out" in note for note in found.cells.others)


def test_runs_that_trained_on_less_are_of_other_data(add, results):
    data = {"dataset": "x", "validation": 100}
    less = {"config.data": {**data, "training": 50}, "dataset.train": 50}
    kept = {"config.data": {**data, "validation": 200}, "dataset.validation": 200}
    for model, shift in (("a", 0), ("b", 0.1)):
        add(model, "x", 0.7 + shift, **{"config.data": {**data, "training": None}})
        add(model, "x", 0.5 + shift, **less)
        add(model, "x", 0.6 + shift, **kept)
        add(model, "y", 0.2 + shift, **{"dataset.train": 300 if model == "a" else 301})
    found = across(load_records(results), metric="test_accuracy")
    values = {title: row.dropna().to_dict() for title, row in found.values.iterrows()}
    assert values == {
        "x, validation 100": pytest.approx({"a": 0.7, "b": 0.8}),
        "x, 50 to train on": pytest.approx({"a": 0.5, "b": 0.6}),
        "x, validation 200": pytest.approx({"a": 0.6, "b": 0.7}),
        "y, 300 + 100 + 400": pytest.approx({"a": 0.2}),
        "y, 301 + 100 + 400": pytest.approx({"b": 0.3}),
    }
    assert found.complete == ["x, 50 to train on", "x, validation 100", "x, validation 200"]
    assert any("of the same dataset" in sentence for sentence in caption(found))


def test_published_results_stand_beside_ours_marked(add, results, tmp_path):
    for dataset in ("archive:GunPoint", "archive:ACSF1"):
        for resample in range(3):
            add("ours", dataset, 0.8, resample=resample)
    file = published(tmp_path / "HC2_accuracy.csv", ["GunPoint,1.0,0.9,0.5", "ACSF1,0.5,,NaN"])
    records = load_records(results)
    found = across(records, published={"HC2": file})
    assert found.values.loc["archive:GunPoint", "HC2"] == pytest.approx(1 - 0.8)
    assert np.isnan(found.values.loc["archive:ACSF1", "HC2"])  # One resample alone.
    own = across(records, metric="test_accuracy", split="original", published={"HC2": file})
    assert own.values["HC2"].to_dict() == {"archive:GunPoint": 1.0, "archive:ACSF1": 0.5}
    assert own.models.set_index("model")["published"].to_dict() == {"HC2": str(file), "ours": None}
    text = as_md(own)
    assert "HC2 †" in text and "ours †" not in text
    assert "† published results, not rerun here: HC2" in text


@pytest.mark.parametrize(
    ("rows", "titles", "message"),
    [
        (["x,0.5,0.5,0.5"], "dataset,accuracy", r":1: expected a title and the numbers"),
        (["x,0.5,0.5,0.5"], "Resamples:,0,0,1", r":1: expected a title and the numbers"),
        (["x,0.5,0.5"], None, r":2: 2 values of 'x'; the first line names 3"),
        (["", "x,0.5,high,0.5"], None, r":3: x, resample 1: expected a number, got 'high'"),
        (["x,0.5,95.5,0.5"], None, r":2: x, resample 1: expected a share from 0 to 1, got 95.5"),
        (["x,1,1,1", "X,1,1,1"], None, r":3: 'X' is there twice"),
        ([], "", r":1: expected a title"),
    ],
)
def test_a_file_that_is_no_such_table_is_told_by_line(
    rows, titles, message, add, results, tmp_path
):
    add("a", "x", 0.9)
    file = published(tmp_path / "p.csv", rows, *([] if titles is None else [titles]))
    with pytest.raises(SeqvisionError, match=message):
        across(load_records(results), published={"p": file})


def test_what_cannot_be_is_told(add, results, tmp_path):
    add("a", "x", 0.9)
    records = load_records(results)
    file = published(tmp_path / "p.csv", ["x,1,1,1"])
    for arguments, message in (
        ({"split": "own"}, "split: expected original or resamples or redrawn or folds, got 'own'"),
        ({"test": "t"}, "test: expected nemenyi or wilcoxon, got 't'"),
        ({"metric": "test_eror"}, "did you mean 'test_error'"),
        ({"by": "model.scam"}, "did you mean 'model.scan'"),
        ({"published": {"a": file}}, "'a' is the name of a model of these runs"),
        ({"published": {"p": tmp_path / "q.csv"}}, "q.csv: cannot be read: No such file"),
    ):
        with pytest.raises(SeqvisionError, match=message):
            across(records, **arguments)


def test_one_dataset_or_one_model_is_no_error(add, results):
    add("a", "x", 0.9)
    alone = across(load_records(results))
    assert alone.models["mean_rank"].tolist() == [1] and alone.pairs.empty
    assert "needs three models" in " ".join(caption(alone))
    for model in "bcd":
        add(model, "x", 0.8)
    found = across(load_records(results))
    assert found.friedman is None and found.pairs["p"].isna().all()
    assert found.models["mean_rank"].tolist() == [1, 3, 3, 3]


def test_files_hold_all_of_it(demsar, tmp_path):
    found = across(demsar, metric="macro_auroc")
    long = pd.read_csv(io.StringIO(as_csv(found)))
    assert len(long) == 4 * 14 and set(long["split"]) == {"original"}
    row = long.set_index(["model", "dataset"]).loc[("C4.5_m_cf", "cmc")]
    assert row["macro_auroc"] == 0.657 and pd.isna(row["published"])
    write_parquet(found, tmp_path / "a.parquet")
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == len(long)
    content = json.loads(as_json(found))
    assert content["friedman"]["f"] == pytest.approx(F, abs=5e-3)
    values = {each["dataset"]: each["values"] for each in content["datasets"]}
    assert values["wine"]["C4.5"] == 0.957 and content["caption"] == caption(found)
    assert [row["model"] for row in content["models"]] == found.models["model"].tolist()
    md, latex = as_md(found), as_latex(found)
    for text in ("1.96", "6/3/5", "0.657"):
        assert text in md and text in latex
    assert [part.named_by for part in parts(found)] == [
        ["model"],
        ["dataset"],
        ["model", "against"],
    ]
