"""`seqvision report` and `seqvision plot` from records written by hand."""

import json

import numpy as np
import pytest
from PIL import Image

LABELS = np.arange(30) % 3


@pytest.fixture
def results(tmp_path):
    """Two models' records and predictions, in the folder that commands look in."""

    def add(name, wrong, changes=()):
        run = tmp_path / "results" / name / "0000000a-s0"
        run.mkdir(parents=True)
        error = wrong / len(LABELS)
        dataset = {"name": "digits", "asked_for": "digits", "source": "", "checksum": "ab" * 32}
        sizes = {"train": 5, "validation": 0, "test": len(LABELS), "input_shape": [2, 2]}
        record = {
            "run_id": f"{name}/{run.name}",
            "name": name,
            "seed": 0,
            "status": "finished",
            "config_hash": "0000000a",
            "config": {"name": name, "data": {"dataset": "digits"}, "model": {"scan": "rows"}},
            "dataset": {**dataset, **sizes, "class_names": ["x", "y", "z"], **dict(changes)},
            "metrics": {"test_error": error, "test_accuracy": 1 - error, "epochs": 1},
            "timing": {"train_seconds": 1.0, "inference_images_per_second": 10.0},
            "model": {"parameters": 10, "flops_per_image": 20},
            "environment": {"cpu": "a", "cores": 1, "backend": "tensorflow", "keras": "3"},
        }
        (run / "record.json").write_text(json.dumps(record))
        said = LABELS.copy()
        said[:wrong] = (said[:wrong] + 1) % 3
        probabilities = np.eye(3, dtype=np.float32)[said]
        np.savez(run / "predictions.npz", probabilities=probabilities, labels=LABELS)

    add("one", 3)
    add("two", 6)
    return add


@pytest.mark.slow
def test_a_report_is_written_where_it_is_said_to(call, results, tmp_path):
    said = call(
        "report", "results", "-o", "pages/mine.html", "--baseline", "one", "--title", "Mine"
    )
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("wrote pages/mine.html (")
    text = (tmp_path / "pages" / "mine.html").read_text()
    assert "<h1>Mine</h1>" in text and "the baseline" in text
    assert call("report").out.startswith("wrote report.html")  # results/, by default.


@pytest.mark.parametrize("ending", ["png", "svg", "html", "SVG"])
def test_a_plot_is_in_the_format_of_its_ending(ending, call, results, tmp_path):
    said = call("plot", "classes", "-o", f"x.{ending}")
    assert (said.code, said.err) == (0, "")
    file = tmp_path / f"x.{ending}"
    if ending == "png":
        with Image.open(file) as image:
            assert image.format == "PNG" and image.width > 300
            corner, *_ = image.convert("RGB").getdata()
            assert corner == (255, 255, 255)
    else:
        text = file.read_text()
        assert text.startswith("<!doctype html>" if ending == "html" else "<svg")
        assert "one" in text and "Error by class" in text


def test_a_plot_can_be_of_fewer_models_and_of_one_dataset(call, results, tmp_path):
    results("three", 9, {"name": "other", "checksum": "cd" * 32})
    assert "different data" in call("plot", "classes").err
    assert call("plot", "classes", "--data", "other", "-o", "a.svg").code == 0
    assert "three" in (tmp_path / "a.svg").read_text()
    assert call("plot", "classes", "--data", "digits", "--models", "t*", "-o", "b.svg").code == 0
    text = (tmp_path / "b.svg").read_text()
    assert "two" in text and ">one<" not in text
    assert call("plot", "classes", "--data", "digits", "--most", "1", "-o", "c.svg").code == 0
    text = (tmp_path / "c.svg").read_text()
    assert "The 1 best of 2 models" in text and ">two<" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plot", "clases"], "unknown chart 'clases'; did you mean 'classes'?"),
        (["plot", "classes", "nowhere"], "nowhere: no such folder"),
        (["plot", "classes", "-o", "x.gif"], "x.gif: a file's ending says its format: .png, .svg"),
        (["plot", "classes", "-o", "x"], "x: a file's ending says its format"),
        (["plot", "classes", "-o", "results/one/0000000a-s0/record.json/x.png"], "not a folder"),
        (["plot", "classes", "--models", "tow"], "no run is of it; did you mean 'two'?"),
        (["plot", "classes", "--data", "mnist"], "(known: digits)"),
        (["plot", "steps"], "no run says what it knew after each step"),
        (["plot", "parameters", "--most", "3"], "it has no use for --most"),
        (["report", "nowhere"], "nowhere: no such folder"),
        (
            ["report", "--baseline", "tow"],
            "no finished run of the baseline 'tow'; did you mean 'two'?",
        ),
        (["report", "-o", "x.pdf"], "x.pdf: a file's ending says its format: .html"),
        (["report", "-o", "results"], "a file's ending says its format"),
    ],
)
def test_wrong_input_costs_one_line_and_exit_code_2(arguments, message, call, results, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ") and said.err.count("\n") == 1
    assert message in said.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_of_nothing_finished(call, tmp_path):
    (tmp_path / "results" / "a" / "0000000a-s0").mkdir(parents=True)
    assert "none of 1 runs is finished" in call("report").err
    assert "none of 1 runs is finished" in call("plot", "classes").err


def test_help_tells_the_kinds_and_stays_light(call):
    from seqvision.comparison.charts import CHARTS

    said = call("plot", "--help")
    assert all(kind in said.out for kind in CHARTS.names())
    for name in ("report", "plot"):
        assert f"seqvision {name} " in call(name, "--help").out
