"""The critical-difference diagram, and the section of a report on all datasets."""

import re

import numpy as np
import pytest
import vl_convert

from seqvision.comparison.across import across
from seqvision.comparison.charts.across import ACROSS_CHARTS
from seqvision.comparison.records import load_records
from seqvision.comparison.report import report
from seqvision.errors import NothingToShow, SeqvisionError


@pytest.fixture
def fill(write_run, tmp_path):
    """Write runs of some models on some datasets, each original or of some resamples."""

    def write(models, datasets, resamples=(0,)):
        random = np.random.default_rng(0)
        for dataset in range(datasets):
            origin = f"{dataset:064x}"
            for resample in resamples:
                for place, model in enumerate(models):
                    error = 0.1 + 0.03 * place + 0.07 * random.random()
                    drawn = {"dataset.checksum": origin, "dataset.resample": resample}
                    if resample:
                        drawn["dataset.checksum"] = f"{dataset:032x}{resample:032x}"
                        drawn["dataset.drawn_from"] = origin
                    metrics = {"metrics.test_error": error, "metrics.test_accuracy": 1 - error}
                    values = {"dataset.name": f"d{dataset}", **drawn, **metrics}
                    write_run(
                        model, 0, values, config_hash=f"{dataset:02x}{resample:02x}{place:04x}"
                    )
        return load_records(tmp_path / "results")

    return write


def marks(spec, kind):
    """The rows of each layer of a kind of mark."""
    return [layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == kind]


@pytest.mark.parametrize("kind", ACROSS_CHARTS.names())
def test_every_chart_draws_or_says_what_is_missing(kind, fill):
    records = fill("abcd", 8)
    draw = ACROSS_CHARTS.get(kind)
    spec = draw(across(records)).to_dict()
    assert len(spec["description"]) > 60 and spec["title"]["text"]
    svg = vl_convert.vegalite_to_svg(spec)
    assert re.findall(r'class="mark-(\w+) role-mark[^"]*"[^>]*><(?:path|text)', svg)
    with pytest.raises(NothingToShow, match="4 models on 4 datasets that all of them have"):
        draw(across(records[records["dataset"] < "d4"]))
    with pytest.raises(NothingToShow, match="2 models on 8 datasets"):
        draw(across(records[records["name"] < "c"]))


def test_the_diagram_shows_ranks_bars_and_the_critical_difference(fill):
    found = across(fill("abcde", 8))
    spec = ACROSS_CHARTS.get("critical_difference")(found).to_dict()
    ranks = found.models.set_index("model")["mean_rank"]
    texts = [row["text"] for rows in marks(spec, "text") for row in rows]
    assert f"CD = {found.critical_difference:.2f}" in texts
    for model, rank in ranks.items():
        assert any({model, f"{rank:.2f}"} == {*text.split()} for text in texts)
    rules = marks(spec, "rule")
    bars = next(rows for rows in rules if "models" in rows[0])
    drawn = [(row["x"], row["x2"]) for row in bars]
    expected = [(ranks[group[0]], ranks[group[-1]]) for group in found.alike]
    assert drawn == [pytest.approx(each, abs=1e-3) for each in expected]
    ruler = next(rows for rows in rules if rows[0]["y"] == -1.5)
    assert ruler[0]["x2"] - ruler[0]["x"] == pytest.approx(found.critical_difference, abs=1e-3)
    with_holm = across(fill("abcde", 8), test="wilcoxon")
    spec = ACROSS_CHARTS.get("critical_difference")(with_holm).to_dict()
    assert not any("CD" in row["text"] for rows in marks(spec, "text") for row in rows)


@pytest.mark.slow
def test_a_report_of_several_datasets_ranks_over_all_of_them(fill, tmp_path):
    records = fill("abc", 5)
    text = report(records)
    assert 'id="across"' in text and 'id="across-critical_difference"' in text
    assert "3 models over 5 datasets, the original split" in text
    assert text.count('class="chapter" id="data-') == 5
    few = report(records[records["dataset"] < "d2"])
    assert 'id="across"' in few and "across-critical_difference" not in few
    assert 'id="across"' not in report(records[records["dataset"] == "d1"])
    file = tmp_path / "HC2.csv"
    file.write_text("Resamples:,0\n" + "".join(f"d{k},0.99\n" for k in range(5)))
    assert "HC2 †" in report(records, published={"HC2": file})
    file.write_text("Resamples:,0\nd0,99\n")
    with pytest.raises(SeqvisionError, match=r"HC2\.csv:2"):
        report(records, published={"HC2": file})


@pytest.mark.slow
def test_resamples_have_one_chapter_and_a_row_over_all(fill):
    records = fill("ab", 2, resamples=(0, 1, 2))
    text = report(records)
    assert "2 models over 2 datasets, resamples" in text
    assert text.count('class="chapter" id="data-') == 2 and "resample 1" not in text
    drawn = records[records["resample"] > 0]
    text = report(drawn)
    assert text.count("<h2>d0, resample 1</h2>") == 1 and "<h2>d0, resample 2" not in text
    # What the section on all datasets cannot hold keeps its chapters.
    lone = report(drawn[(drawn["name"] == "a") ^ (drawn["resample"] == 2)])
    assert 'id="across"' not in lone and lone.count('class="chapter" id="data-') == 4
