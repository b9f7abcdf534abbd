"""The charts: what they are drawn from, against other ways to count it, and that they draw."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import vl_convert
from sklearn.metrics import confusion_matrix, recall_score

from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import (
    PALETTE,
    data_names,
    error_axis,
    ranked,
    values,
    whole_axis,
)
from seqvision.comparison.charts.tradeoff import pareto
from seqvision.comparison.left_out import grouped_warnings
from seqvision.comparison.table import compare
from seqvision.errors import NothingToShow, SeqvisionError

RANDOM = np.random.default_rng(0)
LABELS = np.arange(200) % 10


def said_by(seed, wrong):
    random = np.random.default_rng(seed)
    said = LABELS.copy()
    which = random.choice(len(LABELS), wrong, replace=False)
    said[which] = random.integers(0, 10, wrong)
    return said


def rows(chart):
    """The data of a chart, over all its layers."""
    found = []

    def walk(part):
        if isinstance(part, dict):
            found.extend(part.get("data", {}).get("values", []))
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(chart.to_dict())
    return found


@pytest.mark.parametrize("kind", CHARTS.names())
def test_every_chart_draws_and_says_what_it_shows(kind, shown):
    chart = CHARTS.get(kind)(shown.records)
    spec = chart.to_dict()
    assert len(spec["description"]) > 60 and spec["title"]["text"]
    svg = vl_convert.vegalite_to_svg(spec)
    drawn = re.findall(r'class="mark-(\w+) role-mark[^"]*"[^>]*><(?:path|text)', svg)
    assert drawn, "no mark is drawn"
    for model in ("gru_rows", "gru_columns"):
        assert model in json.dumps(spec)
    assert "<script>alert" not in svg


@pytest.mark.parametrize("kind", CHARTS.names())
def test_every_chart_says_what_is_missing(kind, results):
    run = results.add("bare", labels=LABELS, said=LABELS)
    (run / "predictions.npz").unlink()
    record = json.loads((run / "record.json").read_text())
    record["model"] = {}
    record["timing"] = {}
    (run / "record.json").write_text(json.dumps(record))
    with pytest.raises(NothingToShow):
        CHARTS.get(kind)(results.records)


def test_the_pareto_front_is_what_none_beats():
    cost = RANDOM.integers(0, 12, 60).astype(float)
    error = RANDOM.integers(0, 12, 60).astype(float)
    expected = [
        not any(c <= a and e <= b and (c < a or e < b) for c, e in zip(cost, error, strict=True))
        for a, b in zip(cost, error, strict=True)
    ]
    np.testing.assert_array_equal(pareto(cost, error), expected)


@pytest.mark.parametrize(
    ("kind", "front"), [("parameters", {"gru_rows", "bigru"}), ("speed", {"gru_rows", "bigru"})]
)
def test_the_front_joins_the_models_that_none_beats(kind, front, shown):
    layers = CHARTS.get(kind)(shown.records).to_dict()["layer"]
    drawn = [row["model"] for row in layers[0]["data"]["values"]]
    assert set(drawn) == front
    positions = [row["x"] for row in layers[0]["data"]["values"]]
    assert positions == sorted(positions)


def test_a_faster_model_is_better_and_a_larger_one_is_not(results):
    for name, wrong, size, speed in [("a", 10, 100, 100.0), ("b", 20, 200, 200.0)]:
        changes = {"model.parameters": size, "timing.inference_images_per_second": speed}
        results.add(name, labels=LABELS, said=said_by(1, wrong), changes=changes)
    by_kind = {}
    for kind in ("parameters", "speed"):
        every = CHARTS.get(kind)(results.records).to_dict()["layer"][1]["data"]["values"]
        by_kind[kind] = {row["model"] for row in every if row["front"]}
    assert by_kind == {"parameters": {"a"}, "speed": {"a", "b"}}


def test_learning_curves_are_the_histories(results):
    results.add("a", 0, labels=LABELS, said=LABELS, history=[(0.5, 0.4), (0.3, 0.2)])
    results.add("a", 1, labels=LABELS, said=LABELS, history=[(0.6, 0.5)])
    points = {
        (r["seed"], r["epoch"]): r["error"] for r in rows(CHARTS.get("curves")(results.records))
    }
    assert points == {(0, 1): 0.4, (0, 2): 0.2, (1, 1): 0.5}


def test_without_validation_the_curve_is_the_training_error(results):
    results.add("a", labels=LABELS, said=LABELS, history=[(0.5, ""), (0.3, "")])
    chart = CHARTS.get("curves")(results.records)
    assert [row["error"] for row in rows(chart)] == [0.5, 0.3]
    assert "training error" in chart.to_dict()["description"]


def test_confusion_is_sklearns_mean_over_seeds(results):
    answers = [said_by(seed, 60) for seed in (0, 1)]
    for seed, said in enumerate(answers):
        results.add("a", seed, labels=LABELS, said=said)
    expected = np.mean([confusion_matrix(LABELS, said) for said in answers], axis=0)
    np.fill_diagonal(expected, 0)
    drawn = np.zeros((10, 10))
    for row in rows(CHARTS.get("confusion")(results.records)):
        drawn[int(row["true"]), int(row["said"])] = row["images"]
        assert row["share"] == pytest.approx(row["images"] / 20)
    np.testing.assert_allclose(drawn, expected)


def test_error_by_class_is_one_less_recall(results):
    said = said_by(3, 90)
    results.add("a", labels=LABELS, said=said)
    drawn = {r["class"]: r["error"] for r in rows(CHARTS.get("classes")(results.records))}
    expected = 1 - recall_score(LABELS, said, average=None)
    np.testing.assert_allclose([drawn[str(k)] for k in range(10)], expected, rtol=1e-3)


def test_disagreement_counts_pairs_of_runs(results):
    a, b, c = LABELS.copy(), LABELS.copy(), LABELS.copy()
    a[:20] += 1  # Wrong on 20 of 200.
    b[:30] += 1  # The same mistakes, and 10 more.
    c[:10] += 2  # Other mistakes on 10 of the same images.
    a, b, c = a % 10, b % 10, c % 10
    results.add("one", 0, labels=LABELS, said=a)
    results.add("one", 1, labels=LABELS, said=b)
    results.add("two", 0, labels=LABELS, said=c)
    drawn = {
        frozenset((r["model"], r["other"])): (r["differ"], r["right"])
        for r in rows(CHARTS.get("disagreement")(results.records))
    }
    assert drawn[frozenset(["one"])] == (0.05, 0.05)
    # a and c differ on 20 images, b and c on 30; both wrong on the first 10.
    assert drawn[frozenset(["one", "two"])] == pytest.approx((0.125, 0.075))
    assert frozenset(["two"]) not in drawn  # One run has no other to differ from.


def test_accuracy_by_step_sums_classes_and_averages_seeds(results):
    for seed, right in enumerate(([[1, 0], [2, 3]], [[0, 0], [2, 1]])):
        run = results.add(
            "a", seed, labels=[0, 1], said=[0, 1], changes={"dataset.class_names": ["x", "y"]}
        )
        np.savez(run / "prefixes.npz", right=np.array(right), images=np.array([2, 3]))
    points = {r["step"]: r for r in rows(CHARTS.get("steps")(results.records))}
    assert [points[step]["mean"] for step in (1, 2)] == pytest.approx([0.1, 0.8])
    assert (points[2]["min"], points[2]["max"]) == pytest.approx((0.6, 1.0))
    by_class = {
        (r["class"], r["step"]): r["accuracy"]
        for r in rows(CHARTS.get("steps_by_class")(results.records))
    }
    assert by_class == pytest.approx(
        {("x", 1): 0.25, ("y", 1): 0, ("x", 2): 1, ("y", 2): 2 / 3}, rel=1e-3
    )


def test_very_many_steps_are_thinned_to_what_a_page_can_hold(results):
    run = results.add("a", labels=LABELS, said=LABELS)
    right = np.tile(np.arange(784)[:, None], (1, 10))
    np.savez(run / "prefixes.npz", right=right, images=np.full(10, 784))
    points = rows(CHARTS.get("steps")(results.records))
    assert len(points) <= 56
    assert (points[0]["step"], points[-1]["step"]) == (1, 784)
    for point in points:
        assert point["mean"] == pytest.approx((point["step"] - 1) / 784, rel=1e-3)


def test_models_are_ranked_by_their_mean_error_and_told_apart_by_hash(results):
    results.add("b", 0, labels=LABELS, said=said_by(0, 40))
    results.add("a", 0, labels=LABELS, said=said_by(1, 80), config_hash="aaaaaaaa")
    results.add("a", 0, labels=LABELS, said=LABELS, config_hash="bbbbbbbb")
    assert list(results.runs["model"]) == ["a bbbbbbbb", "b", "a aaaaaaaa"]


def test_different_data_are_never_ranked_together(results):
    results.add("a", labels=LABELS, said=LABELS)
    results.add("b", labels=LABELS, said=LABELS, changes={"dataset.checksum": "decaf" * 8})
    with pytest.raises(SeqvisionError, match=r"digits c0ffeec0, digits decafdec"):
        ranked(results.records)
    assert set(data_names(results.records)) == {"digits c0ffeec0", "digits decafdec"}


def test_a_damaged_file_leaves_out_its_run_alone(results, caplog):
    good = results.add("good", labels=LABELS, said=said_by(0, 50))
    bad = results.add("bad", labels=LABELS, said=LABELS)
    (bad / "predictions.npz").write_bytes((good / "predictions.npz").read_bytes()[:500])
    with grouped_warnings():
        drawn = rows(CHARTS.get("classes")(results.records))
        assert {row["model"] for row in drawn} == {"good"}
        CHARTS.get("confusion")(results.records)
    assert caplog.text.count("left out") == 1 and "bad" in caplog.text  # Said once, not by each.


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 9, 12, 30, 100])
def test_each_epoch_has_one_label_at_most(results, epochs):
    results.add("a", labels=LABELS, said=said_by(0, 50), history=[(0.5, 0.4)] * epochs)
    spec = CHARTS.get("curves")(results.records).to_dict()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(spec))
    labels = [int(text) for text in texts if text.isdigit()]
    assert labels == sorted(set(labels)) and labels and 1 <= labels[0] <= labels[-1] <= epochs
    assert len(labels) == epochs or 4 <= len(labels) <= 8


def test_axes_that_count_have_whole_labels():
    assert whole_axis(3).to_dict()["values"] == [1, 2, 3]
    assert whole_axis(28, most=16).to_dict()["values"] == list(range(2, 29, 2))
    assert whole_axis(784).to_dict()["values"] == [100, 200, 300, 400, 500, 600, 700]


def test_the_speed_of_a_chart_is_that_of_the_table(results):
    speed = "inference_images_per_second"
    for seed, images in enumerate((1000.0, 1100.0, 9000.0)):
        changes = {f"timing.{speed}": images}
        results.add("a", seed, labels=LABELS, said=said_by(0, 50), changes=changes)
    (row,) = compare(results.records).to_dict("records")
    (drawn,) = {(r["x"], r["least"], r["most"]) for r in rows(CHARTS.get("speed")(results.records))}
    assert drawn == (row[speed], row[f"{speed}_min"], row[f"{speed}_max"]) == (1100, 1000, 9000)


def test_values_are_short_and_json(shown):
    records = shown.records[["test_error", "train_seconds", "error"]].copy()
    records["test_error"] = [1 / 3, np.inf, np.nan, *[0.0] * (len(records) - 3)]
    given = values(records).to_dict()["values"]
    assert [row["test_error"] for row in given[:3]] == [0.3333, None, None]
    json.dumps(given, allow_nan=False)


def test_the_palette_stands_out_from_white_and_from_black():
    def luminance(color):
        parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for color in PALETTE:
        for ground in ("#fdfdfb", "#14171b"):
            low, high = sorted([luminance(color), luminance(ground)])
            assert (high + 0.05) / (low + 0.05) > 2.95, (color, ground)


@pytest.mark.parametrize("errors", [[0.872, 0.889], [0.1201, 0.1202], [0.002, 0.3], [0.0, 0.4]])
def test_an_axis_of_errors_has_numbers(errors):
    axis = error_axis("test error", pd.Series(errors))
    values = axis["axis"].to_dict().get("values")
    assert values is None or sum(errors[0] <= tick <= errors[1] for tick in values) >= 2
