"""`seqvision compare --across` and what else ranks over datasets, from records written by hand."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def results(tmp_path):
    """Three models on six datasets."""
    random = np.random.default_rng(0)
    for dataset in range(6):
        for place, name in enumerate(("gru", "lstm", "rnn")):
            run = tmp_path / "results" / name / f"{dataset:04x}{place:04x}-s0"
            run.mkdir(parents=True)
            error = 0.1 + 0.1 * place + 0.05 * random.random()
            record = {
                "run_id": f"{name}/{run.name}",
                "name": name,
                "seed": 0,
                "status": "finished",
                "config_hash": run.name[:8],
                "config": {
                    "name": name,
                    "data": {"dataset": {"name": "archive", "problem": f"set{dataset}"}},
                    "model": {"cell": name},
                },
                "dataset": {
                    "name": f"set{dataset}",
                    "checksum": f"{dataset:064x}",
                    "train": 5,
                    "validation": 0,
                    "test": 9,
                },
                "metrics": {"test_error": error, "test_accuracy": 1 - error},
                "timing": {},
                "model": {},
                "environment": {},
            }
            (run / "record.json").write_text(json.dumps(record))
    lines = ["Resamples:,0,1", *(f"Set{k},0.99,0.5" for k in range(6))]
    (tmp_path / "theirs.csv").write_text("\n".join(lines))


@pytest.mark.parametrize("width", [60, 100])
def test_a_person_sees_ranks_values_and_pairs(call, results, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    said = call("compare", "--across", "--published", "theirs=theirs.csv")
    assert said.code == 0 and said.err == ""
    assert "4 models over 6 datasets, the original split" in said.out
    assert "theirs †" in said.out and "set5" in said.out and "Nemenyi's test" in said.out
    assert max(map(len, said.out.splitlines())) <= width


def test_json_is_the_one_thing_on_stdout_and_any_columns_name_a_model(call, results):
    said = call(
        "compare", "results", "--across", "--by", "model.cell", "--test", "wilcoxon", "--json"
    )
    content = json.loads(said.out)
    assert [row["model"] for row in content["models"]] == ["gru", "lstm", "rnn"]
    assert content["test"] == "wilcoxon" and content["critical_difference"] is None
    assert content["pairs"][0]["wins"] == 6


def test_files_by_their_ending(call, results, tmp_path):
    for name in ("a.csv", "a.md", "a.tex", "a.json", "a.parquet", "a.txt"):
        said = call("compare", "--across", "-o", name)
        assert (said.code, said.out) == (0, "") and (tmp_path / name).stat().st_size
    assert (
        len(pd.read_parquet(tmp_path / "a.parquet")) == len(pd.read_csv(tmp_path / "a.csv")) == 18
    )
    for name in ("b.svg", "b.png", "b.html"):
        assert call("compare", "--across", "-o", name).out.startswith(f"wrote {name}")
    assert "CD = " in (tmp_path / "b.svg").read_text()
    said = call("plot", "critical_difference", "-o", "c.svg")
    assert said.out.startswith("wrote c.svg")
    assert (tmp_path / "c.svg").read_text() == (tmp_path / "b.svg").read_text()


def test_a_page_has_its_diagram_beside_it(call, results, tmp_path):
    said = call("publish", "results", "-o", "pages/there.md")
    assert said.code == 0 and "wrote pages/there.md" in said.out
    assert "wrote pages/there.svg" in said.out
    assert "](there.svg)" in (tmp_path / "pages/there.md").read_text()
    assert "CD = " in (tmp_path / "pages/there.svg").read_text()
    said = call("publish", "results")
    assert said.out.startswith("# Results") and ".svg" not in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--published", "theirs=theirs.csv"], "--published: is for --across"),
        (["--split", "original"], "--split: is for --across"),
        (["--across", "--baseline", "gru"], "--baseline: is not for --across"),
        (["--across", "--target", "0.9"], "--target: is not for --across"),
        (["--across", "--published", "theirs.csv"], "expected NAME=FILE"),
        (["--across", "--published", "a=x.csv", "--published", "a=y.csv"], "'a' is there twice"),
        (["--across", "--published", "a=none.csv"], "none.csv: cannot be read"),
        (
            ["--across", "--split", "all"],
            "split: expected original or resamples or redrawn or folds",
        ),
        (["--across", "--split", "folds"], "no finished run of the split 'folds'"),
        (["--across", "--metric", "loss"], "unknown metric 'loss'"),
    ],
)
def test_wrong_input_costs_one_line_and_exit_code_2(call, results, arguments, message):
    said = call("compare", "results", *arguments)
    assert said.code == 2 and said.out == ""
    assert message in said.err and len(said.err.strip().splitlines()) == 1
