"""What is left out is said in a line a reason, with the first file's name and a count."""

from pathlib import Path

import pytest

from seqvision.comparison.charts.base import ranked
from seqvision.comparison.charts.curves import learning_curves
from seqvision.comparison.left_out import grouped_warnings, leave_out
from seqvision.comparison.publish import page
from seqvision.comparison.records import load_records
from seqvision.comparison.remarks import Notes, Question
from seqvision.comparison.report import report
from seqvision.comparison.table import compare

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "zoo"


@pytest.fixture
def said(caplog):
    return lambda: [record.getMessage() for record in caplog.records]


def test_files_of_one_reason_share_a_line(said):
    with grouped_warnings():
        for name in "abca":
            leave_out(name, "no such thing")
        leave_out("x", "damaged", ValueError("of three"))
        with grouped_warnings():
            leave_out("y", "damaged", FileNotFoundError(2, "No such file", "y"))
        leave_out("z", "odd", FileNotFoundError(2, "No such file", "z"))
        assert said() == []
    assert said() == [
        "a and 2 more: no such thing",
        "x and 1 more: damaged; of the first: of three",
        "z: odd: No such file",
    ]


def test_what_is_left_out_is_said_though_the_block_fails(said):
    with pytest.raises(ZeroDivisionError), grouped_warnings():
        leave_out("a", "no such thing")
        1 / 0  # noqa: B018
    leave_out("b", "alone")
    assert said() == ["a: no such thing", "b: alone"]


def test_published_records_are_compared_without_a_wall_of_warnings(said):
    records = load_records(PUBLISHED)
    compare(records, baseline="gru3")
    page(
        records,
        Notes(questions=[Question(ask="?", pairs=[["gru3", "gru1"], ["lstm3", "gru3"]])]),
        "x",
    )
    assert len(said()) <= 2
    assert all(message.startswith(str(PUBLISHED)) for message in said())


def test_each_kind_of_file_has_its_line(write_run, tmp_path, said):
    for seed in range(3):
        write_run("gru", seed)
        write_run("lstm", seed)
        damaged = write_run("odd", seed)
        (damaged / "record.json").write_text("{")
    compare(load_records(tmp_path / "results"), baseline="gru", target=0.9)
    damaged, target, images = said()
    assert "odd" in damaged and " and 2 more: damaged record; of the first: " in damaged
    assert " and 5 more: no time to the target: history.csv; of the first: No such" in target
    assert " and 5 more: no answers.npz or predictions.npz" in images


def test_a_chart_says_whose_history_it_lacks(write_run, tmp_path, said):
    write_run("gru", 0, history=[(0.5, 1.0)])
    write_run("gru", 1)
    learning_curves(load_records(tmp_path / "results"))
    (line,) = said()
    assert "gru" in line and "-s1: left out of the learning curves: history.csv: No such" in line


def test_a_report_says_it_once_and_on_its_page(write_run, tmp_path, said):
    for seed in range(3):
        write_run("gru", seed, wrong=[True, False, False, True])
    folder = tmp_path / "results" / ranked(load_records(tmp_path / "results"))["run_id"].iloc[0]
    (folder / "predictions.npz").unlink()
    page = report(load_records(tmp_path / "results"))
    assert "1 of 3 runs left no answers: no part in what single samples show." in page
    assert sum("no answers.npz" in line for line in said()) == 1
