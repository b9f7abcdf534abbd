"""Runs become rows: all of them, also those that did not end well."""

import logging
import shutil

import pytest

from seqvision.comparison.records import load_records
from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.runs.run import perform


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def test_a_run_is_a_row_of_plain_columns(write_run, results):
    folder = write_run("gru", 3)
    (row,) = load_records(results).to_dict("records")
    assert row["run_id"] == f"gru/{folder.name}"
    assert (row["name"], row["seed"], row["status"]) == ("gru", 3, "finished")
    assert row["folder"] == str(folder)
    assert (row["dataset"], row["checksum"], row["train"], row["test"]) == (
        "digits",
        "c0ffee",
        1000,
        400,
    )
    assert (row["test_error"], row["train_seconds"], row["parameters"]) == (0.1, 10.0, 1000)
    assert (row["keras"], row["threads"]) == ("3.15.0", "inter_op=1")
    assert row["class_names"] == ("0", "1", "2")
    assert (row["model.cell"], row["model.units"]) == ("gru", "[8, 8]")
    assert row["train.optimizer"] == "sgd(learning_rate=0.1)"
    assert row["train.optimizer.learning_rate"] == 0.1
    assert row["description"] == "a GRU"


@pytest.mark.parametrize(
    ("value", "text", "part"),
    [
        ("rows", "rows", None),
        ({"name": "rows", "reverse": True}, "rows(reverse=True)", ("reverse", True)),
        ({"name": "a", "of": {"name": "b", "c": 1}}, "a(of=b(c=1))", ("of.c", 1)),
        ({"shift": 0.1, "to": [1, 2]}, "shift=0.1, to=[1, 2]", ("to", "[1, 2]")),
        ([{"name": "rows"}, "columns"], "[rows, columns]", None),
    ],
)
def test_a_spec_is_one_text_and_its_parts(write_run, results, value, text, part):
    write_run("gru", 0, {"config.model.scan": value})
    row = load_records(results).iloc[0]
    assert row["model.scan"] == text
    if part:
        assert row[f"model.scan.{part[0]}"] == part[1]


def test_a_key_that_is_taken_keeps_its_section(write_run, results):
    write_run("gru", 0, {"environment.error": "none", "metrics.seed": 7, "environment.name": "a"})
    row = load_records(results).iloc[0]
    assert (row["seed"], row["metrics.seed"]) == (0, 7)
    assert (row["error"], row["environment.error"]) == (None, "none")
    assert (row["name"], row["environment.name"]) == ("gru", "a")


def test_rows_come_by_name_and_seed_as_a_number(write_run, results):
    for name, seed in [("b", 0), ("a", 10), ("a", 9)]:
        write_run(name, seed)
    table = load_records(results)
    assert list(zip(table["name"], table["seed"], strict=True)) == [("a", 9), ("a", 10), ("b", 0)]


def test_a_failed_run_says_why(write_run, results):
    error = {"status": "failed", "error": "the loss became NaN", "metrics": {"epochs": 0}}
    write_run("gru", 0, error)
    write_run("gru", 1)
    failed, finished = load_records(results).to_dict("records")
    assert (failed["status"], failed["error"]) == ("failed", "the loss became NaN")
    assert failed["test_error"] != failed["test_error"]  # NaN
    assert finished["status"] == "finished"


def test_a_run_without_a_record_is_unfinished_with_its_config(write_run, results):
    write_run("gru", 0)
    for seed, config in enumerate(["model: {cell: lstm}", "model: [", "just text", None], 1):
        folder = write_run("gru", seed)
        (folder / "record.json").unlink()
        if config is not None:
            (folder / "config.yaml").write_text(config)
    table = load_records(results)
    assert table["status"].tolist() == ["finished", *["unfinished"] * 4]
    assert table["model.cell"].fillna("–").tolist() == ["gru", "lstm", "–", "–", "–"]
    assert table["seed"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ('{"status": "fini', "Unterminated string"),
        ("[1, 2]", "not a mapping"),
        ("[" * 100_000, "recursion"),
        (b"\xff\xfe\x00", "codec can't decode"),
        ({"status": "done"}, "status: expected finished, failed or untested"),
        ({"metrics": [1]}, "metrics: expected a mapping"),
        ({"metrics": {"test_error": "low"}}, "metrics.test_error: expected a number, got 'low'"),
        ({"metrics": {}}, "metrics.test_error have to be there"),
        ({"dataset.checksum": None}, "dataset.checksum and"),
        ({"model": {"parameters": [3]}}, "model.parameters: expected a number"),
        ({"config": None}, "config: expected a mapping"),
        ({"dataset.train": "many"}, "dataset.train: expected a number"),
    ],
)
def test_a_damaged_record_is_reported_and_the_rest_is_read(write_run, results, caplog, text, why):
    damaged = write_run("gru", 0, text if isinstance(text, dict) else ())
    write_run("gru", 1)
    if not isinstance(text, dict):
        data = text if isinstance(text, bytes) else text.encode()
        (damaged / "record.json").write_bytes(data)
    with caplog.at_level(logging.WARNING):
        rows = load_records(results).to_dict("records")
    assert [row["status"] for row in rows] == ["damaged", "finished"]
    assert why in rows[0]["error"] and why in caplog.text and str(damaged) in caplog.text
    assert rows[1]["test_error"] == 0.1


def test_what_is_no_run_is_not_looked_at(write_run, results):
    write_run("gru", 0)
    (results / "README.md").write_text("about")
    (results / "gru" / "notes.txt").write_text("about")
    (results / "gru" / "0badcafe-s1").write_text("a file, not a folder")
    # The project's own records live one floor deeper.
    shutil.copytree(results / "gru", results / "published" / "gru")
    assert len(load_records(results)) == 1
    assert len(load_records(results / "published")) == 1


def test_no_folder_and_no_records_are_wrong_input(results):
    with pytest.raises(SeqvisionError, match="results: no such folder"):
        load_records(results)
    (results / "gru").mkdir(parents=True)
    with pytest.raises(SeqvisionError, match=r"no records; a run's is .*<name>"):
        load_records(results)


def test_the_records_of_real_runs_are_read_whole(results):
    overrides = ["train.epochs=1", "model.units=[4]"]
    config = load_config("digits_gru", overrides)
    record = perform(config, 0, results)
    row = load_records(results).iloc[0]
    for section in ("metrics", "timing", "model", "environment"):
        for key, value in record[section].items():
            if isinstance(value, int | float | str):
                assert row[key] == value
    assert row["run_id"] == record["run_id"]
    assert row["train.epochs"] == 1
    assert row["config_hash"] == config.hash


def test_untested_runs_are_there_but_no_comparison_is_of_them(write_run):
    from seqvision.comparison.table import compare

    write_run("gru")
    metrics = {"val_accuracy": 0.99, "epochs": 3}
    folder = write_run("gru-tune-t001", 0, {"status": "untested", "metrics": metrics})
    records = load_records(folder.parents[1])
    assert records["status"].tolist() == ["finished", "untested"]
    assert records["test_error"].isna().tolist() == [False, True]
    assert compare(records)["name"].tolist() == ["gru"]
