"""`seqvision compare`, from records that two short trainings have written."""

import io
import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from seqvision.config import load_config
from seqvision.runs.run import perform

SMALL = ["data.dataset=digits", "train.epochs=1", "model.units=[8]"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two cells, two seeds each, on scikit-learn's digits."""
    results = tmp_path_factory.mktemp("compared") / "results"
    for cell in ("gru", "lstm"):
        config = load_config("digits_gru", [*SMALL, f"model.cell={cell}", f"name={cell}"])
        for seed in (0, 1):
            perform(config, seed, results)
    return results


@pytest.fixture
def results(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "results")


def test_a_person_sees_tables_and_what_they_mean(call, results, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = call("compare", "--baseline", "gru", "--target", "0.1")
    assert said.code == 0 and said.err == ""
    assert "± 95 %" in said.out and "against gru" in said.out and "McNemar p" in said.out
    assert "time to 0.1" in said.out
    assert "paired t" in said.out and "Holm" in said.out
    assert max(map(len, said.out.splitlines())) <= 100


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_number_is_cut_off_on_a_narrow_screen(call, results, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    said = call("compare", "results", "--by", "model.cell,model.scan", "--baseline", "gru,rows")
    assert "…" not in said.out
    tables = said.out[: said.out.index("test_error, best when low")]
    assert max(map(len, tables.splitlines())) <= width
    for title in ("params", "test/s", "bootstrap", "worst"):
        assert title in tables


def test_json_is_the_one_thing_on_stdout(call, results):
    for arguments in (["--json"], ["--format", "json"]):
        said = call("compare", *arguments)
        rows = json.loads(said.out)["rows"]
        assert {row["name"]: row["seeds"] for row in rows} == {"gru": 2, "lstm": 2}


def test_neither_keras_nor_tensorflow_is_loaded(results):
    code = (
        "import sys; sys.argv[0] = 'seqvision'\n"
        "from seqvision.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "compare", str(results), "--baseline", "gru"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.endswith("[]\n"), done.stderr


def test_by_columns_of_the_config_with_a_baseline(call, results):
    said = call(
        "compare", "results", "--by", "model.scan, model.cell", "--baseline", "rows,gru", "--json"
    )
    rows = {row["model.cell"]: row for row in json.loads(said.out)["rows"]}
    assert rows["gru"]["difference"] is None
    assert rows["lstm"]["difference"] == pytest.approx(rows["lstm"]["mean"] - rows["gru"]["mean"])
    assert 0 <= rows["lstm"]["p_mcnemar"] <= 1


@pytest.mark.parametrize(
    ("file", "form"), [("a.csv", None), ("a.txt", "csv"), ("a.parquet", None), ("a", "parquet")]
)
def test_a_file_by_its_ending_or_as_asked(call, results, tmp_path, file, form):
    said = call("compare", "-o", file, *(["--format", form] if form else []))
    assert (said.code, said.out) == (0, "")
    assert f"wrote {file}" in said.err
    read = pd.read_parquet if "parquet" in (file.rpartition(".")[2], form) else pd.read_csv
    assert sorted(read(tmp_path / file)["name"]) == ["gru", "lstm"]


def test_texts_on_stdout_and_in_files_are_the_same(call, results, tmp_path):
    for form, file in {"csv": "a.csv", "md": "a.md", "latex": "a.tex", "table": "a.txt"}.items():
        printed = call("compare", "--format", form).out
        assert call("compare", "-o", file).code == 0
        assert (tmp_path / file).read_text() == printed
    printed = call("compare", "--format", "csv").out
    assert pd.read_csv(io.StringIO(printed))["seeds"].tolist() == [2, 2]


def test_a_damaged_record_is_said_and_counted(call, results, caplog):
    (record,) = results.glob("lstm/*-s1/record.json")
    record.write_text("{")
    said = call("compare", "--json")
    assert said.code == 0
    assert f"{record.parent.relative_to(results.parent)}: damaged record" in caplog.text
    assert {r["name"]: r["damaged"] for r in json.loads(said.out)["rows"]} == {"gru": 0, "lstm": 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such folder"),
        (["empty"], "empty: no records"),
        (["--by", "model.sel"], "did you mean 'model.cell'"),
        (["--by", ","], "by: expected a column"),
        (["--metric", "test_eror"], "did you mean 'test_error'"),
        (["--baseline", "grus"], "did you mean 'gru'"),
        (["--target", "98"], "target: expected an accuracy between 0 and 1"),
        (["--format", "parquet"], "name a file with -o"),
        (["--format", "word"], "is not one of"),
        (["-o", "nowhere/a.csv"], "nowhere/a.csv: cannot be written"),
    ],
)
def test_a_mistake_is_one_message(call, results, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    said = call("compare", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err and len(said.err.strip().splitlines()) <= 4
