"""What goes to a file is all there, and says nothing else than was compared."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from seqvision.comparison.formats import as_csv, as_json, as_latex, as_md, write_parquet
from seqvision.comparison.readable import readable
from seqvision.comparison.records import load_records
from seqvision.comparison.table import compare


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture(scope="module")
def comparison(writer, tmp_path_factory):
    results = tmp_path_factory.mktemp("formats")
    write_run = writer(results)
    generator = np.random.default_rng(0)
    for seed in range(3):
        size = {"model.parameters": 622410, "model.flops_per_image": 34_544_800}
        write_run("gru_3", seed, size, wrong=generator.random(1000) < 0.1)
        write_run("lstm", seed, wrong=generator.random(1000) < 0.05, history=[(0.01, 2.0)])
    write_run("alone", 0, {"dataset.checksum": "feed"})
    return compare(load_records(results), baseline="gru_3", target=0.98)


def test_csv_holds_every_number(comparison):
    read = pd.read_csv(io.StringIO(as_csv(comparison)), float_precision="round_trip")
    expected = comparison.copy()
    assert read.columns.tolist() == expected.columns.tolist()
    for column in ("mean", "low", "p_paired", "p_mcnemar", "bootstrap_high", "seconds_to_target"):
        np.testing.assert_array_equal(read[column], expected[column].astype(float))
    assert read["note"].fillna("").tolist() == expected["note"].tolist()


def test_json_is_one_document_with_null_for_what_is_not_there(comparison):
    text = as_json(comparison)
    assert "NaN" not in text
    content = json.loads(text)
    assert content["baseline"] == "gru_3" and content["metric"] == "test_error"
    assert content["caption"] == comparison.attrs["caption"]
    rows = {row["name"]: row for row in content["rows"]}
    lstm = comparison.set_index("name").loc["lstm"]
    assert rows["lstm"]["mean"] == pytest.approx(lstm["mean"], rel=1e-12)
    assert rows["lstm"]["p_mcnemar"] == pytest.approx(lstm["p_mcnemar"], rel=1e-9)
    assert rows["gru_3"]["difference"] is None and rows["alone"]["low"] is None
    assert rows["lstm"]["rank"] == 1


def test_parquet_comes_back_as_it_was(comparison, tmp_path):
    write_parquet(comparison, tmp_path / "table.parquet")
    read = pd.read_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read, pd.DataFrame(comparison), check_dtype=False)
    assert read.attrs == comparison.attrs


def test_parquet_takes_columns_that_mix_texts_and_numbers(write_run, results, tmp_path):
    write_run("gru", 0, {"config.model.units": 8})
    write_run("lstm", 0, {"config.model.units": [8, 8]})
    mixed = compare(load_records(results), ["model.units"])
    write_parquet(mixed, tmp_path / "table.parquet")
    read = pd.read_parquet(tmp_path / "table.parquet")
    assert sorted(read["model.units"]) == ["8", "[8, 8]"]


def test_people_read_rounded_numbers_and_signs(comparison):
    ranking, against, alone = readable(comparison)
    assert ranking.title == "digits, 1,000 + 100 + 1,000 samples"
    lstm, gru = ranking.table.to_dict("records")
    row = comparison.set_index("name").loc["gru_3"]
    assert gru["name"] == "gru_3" and gru["seeds"] == "3"
    assert gru["test_error %"] == f"{100 * row['mean']:.2f}"
    assert gru["± 95 %"] == f"{100 * (row['high'] - row['mean']):.2f}"
    assert (gru["params"], gru["FLOPs"]) == ("622k", "34.5M")
    assert (lstm["time to 0.98"], gru["time to 0.98"]) == ("2 s", "–")
    (held,) = against.table.to_dict("records")
    row = comparison.set_index("name").loc["lstm"]
    half = 100 * (row["difference_high"] - row["difference"])
    assert held["difference, points"] == f"{100 * row['difference']:+.2f} ± {half:.2f}"
    assert held["McNemar p"] == "< 0.001"
    assert alone.notes == ["alone: one seed: no interval; 0 of 1 reached the target"]
    assert alone.table["± 95 %"].tolist() == ["–"]


def test_a_metric_that_is_no_share_is_no_percentage(write_run, results):
    write_run("gru", 0, {"metrics.test_loss": 0.123456})
    (part,) = readable(compare(load_records(results), metric="test_loss"))
    assert part.table["test_loss"].tolist() == ["0.1235"]


def test_markdown_and_latex_escape_what_is_theirs(comparison):
    text = as_md(comparison)
    assert "| gru\\_3 | 3 |" in text
    assert comparison.attrs["caption"][1] in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count(" | ") for line in lines[:4]}) == 1
    latex = as_latex(comparison)
    assert "gru\\_3 & 3 &" in latex and "test\\_error \\%" in latex
    assert latex.count("\\begin{table}") == latex.count("\\end{table}") == 3


def test_markdown_of_a_hostile_name(write_run, results):
    write_run("gru", 0, {"config.model.cell": "a|b<script>"})
    text = as_md(compare(load_records(results), ["model.cell"]))
    assert "a\\|b\\<script>" in text
