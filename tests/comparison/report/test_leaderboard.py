"""The leaderboard's cells against the comparison's numbers, and which rows it has."""

import numpy as np
import pytest

from seqvision.comparison.charts.base import data_names, model_names
from seqvision.comparison.report import report
from seqvision.comparison.report.leaderboard import leaderboard

LABELS = np.arange(400) % 10


def said(wrong):
    answers = LABELS.copy()
    answers[:wrong] = (answers[:wrong] + 1) % 10
    return answers


@pytest.fixture
def filled(results):
    for seed in range(4):
        results.add("base", seed, labels=LABELS, said=said(80 + seed))
        results.add("better", seed, labels=LABELS, said=said((40, 41, 44, 46)[seed]))
        results.add("same", seed, labels=LABELS, said=said(82 - seed))
    results.add("once", 0, labels=LABELS, said=said(100))
    (results.folder / "better" / "00000001-s9").mkdir()
    return results


def table(results, baseline):
    records = results.records
    found = leaderboard(records.assign(model=model_names(records)), baseline)
    titles = [column.title for column in found.columns[1:]]
    cells = {row.model: dict(zip(titles, row.cells, strict=True)) for row in found.rows}
    return found, cells


def test_rows_come_best_first_with_mean_spread_and_costs(filled):
    found, cells = table(filled, None)
    assert [row.model for row in found.rows] == ["better", "same", "base", "once"]
    better = cells["better"]
    # 42.75 of 400 on average; s = 2.754 / 400, t(3) = 3.182.
    assert better["test error"].text == "10.69%"
    assert better["test error"].value == pytest.approx(42.75 / 400)
    assert better["test error"].notes == ("9.59% – 11.78%",)
    assert (better["seeds"].text, better["seeds"].notes) == ("4", ("10.00% – 11.50%",))
    assert (better["parameters"].text, better["FLOPs"].text) == ("5k", "70k")
    assert (better["training"].text, better["inference"].text) == ("900", "9,000")
    assert cells["once"]["test error"].notes == ()
    notes = {row.model: row.note for row in found.rows}
    assert "one seed: no interval" in notes["once"] and "1 unfinished" in notes["better"]


def test_against_a_baseline_it_says_how_sure_it_is(filled):
    _, cells = table(filled, "base")
    better, same = cells["better"]["minus base"], cells["same"]["minus base"]
    assert (better.text, better.strong) == ("−9.69", True)  # 38.75 of 400 images.
    assert better.notes[1].startswith("bootstrap −")
    assert (same.text, same.strong) == ("−0.25", False)
    assert cells["better"]["p"].text == "< 0.001"
    assert float(cells["same"]["p"].text) > 0.3
    assert cells["base"]["minus base"].text == "–" and cells["base"]["p"].value is None


def test_two_configs_of_one_name_are_two_rows(results):
    results.add("a", labels=LABELS, said=said(10), config_hash="aaaaaaaa")
    results.add("a", labels=LABELS, said=said(20), config_hash="bbbbbbbb")
    found, _ = table(results, None)
    assert [row.model for row in found.rows] == ["a aaaaaaaa", "a bbbbbbbb"]
    text = report(results.records, baseline="a bbbbbbbb")
    assert "differs from <b>a bbbbbbbb</b>, the baseline" in text


def test_a_filter_finds_a_model_by_its_config(filled):
    found, _ = table(filled, None)
    assert all("stacked" in row.words and "gru" in row.words for row in found.rows)


def test_the_same_images_split_another_way_are_other_data(results):
    results.add("a", labels=LABELS, said=said(10))
    results.add("b", labels=LABELS, said=said(10), changes={"dataset.train": 500})
    names = data_names(results.records)
    assert sorted(names) == ["digits c0ffeec0 1294+143+400", "digits c0ffeec0 500+143+400"]
    assert report(results.records).count('class="chapter" id="data-') == 2
