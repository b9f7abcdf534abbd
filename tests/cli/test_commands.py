"""What each command says to a person, and to a program that calls it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

SMALL = ["--set", "train.epochs=1", "--set", "model.units=[8]"]


@pytest.mark.usefixtures("in_this_process")
def test_init_check_run_and_read(call, tmp_path):
    assert call("init", "mine.yaml").code == 0
    again = call("init", "mine.yaml")
    assert again.code == 2 and "is there already" in again.err
    assert call("check", "mine.yaml").out.startswith("mine.yaml: right (mine, ")

    assert call("init", "--series", "series.yaml").code == 0
    assert call("check", "series.yaml").out.startswith("series.yaml: right (series, ")

    Path("table of mine.csv").write_text("label,a,b\n" + "0,1,2\n1,2,3\n" * 20)
    assert call("init", "--data", "table of mine.csv", "table.yaml").code == 0
    assert call("check", "table.yaml").out.startswith("table.yaml: right (table, ")

    small = [*SMALL, "--set", "data.dataset=digits"]
    said = call("run", "mine.yaml", *small, "--json", "--seeds", "0,2")
    records = json.loads(said.out)
    assert said.code == 0
    assert [record["seed"] for record in records] == [0, 2]
    assert records[0]["dataset"]["name"] == "digits"
    assert (tmp_path / "results" / records[0]["run_id"] / "record.json").exists()

    model = tmp_path / "results" / records[0]["run_id"] / "model.keras"
    written = model.stat().st_mtime_ns
    table = call("run", "mine.yaml", *small)
    assert model.stat().st_mtime_ns == written  # It is finished: nothing is trained.
    assert records[0]["run_id"] in table.out


def test_a_person_sees_epochs_test_errors_and_the_result(call):
    said = call("run", "digits_gru", *SMALL, "--set", "train.test_every=5")
    assert said.code == 0
    assert "epoch 1, step 5: test error" in said.err
    assert "validation loss" in said.err
    assert "test accuracy" in said.out and "record.json" in said.out
    quiet = call("run", "digits_gru", *SMALL, "--seeds", "1", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_a_dry_run_says_what_is_to_do_and_does_nothing(call, tmp_path):
    said = call("run", "tiny", "gru3", "--seeds", "0-1", "--dry-run", "--json")
    rows = json.loads(said.out)
    assert [row["status"] for row in rows] == ["to do"] * 4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "what", ["models", "families", "cells", "wrappers", "scans", "datasets", "configs"]
)
def test_list_says_names_and_what_they_are(call, what):
    rows = json.loads(call("list", what, "--json").out)
    assert len(rows) >= 3 and all(row["description"] for row in rows)
    text = call("list", what).out
    assert all(row["name"] in text for row in rows)


def test_list_of_a_pattern(call):
    names = [row["name"] for row in json.loads(call("list", "models", "*gru*", "--json").out)]
    assert "gru3" in names and all("gru" in name for name in names)
    alone = call("list", "datasets", "image_folder").out
    assert "size: (needed)" in alone and "color: grayscale" in alone and "test: null" in alone
    assert "no cells match" in call("list", "cells", "nothing*").err


def test_show_says_layers_parameters_flops_and_reading_order(call):
    said = call("show", "digits_gru", "--json")
    content = json.loads(said.out)
    assert content["config"]["model"]["family"] == "stacked"
    assert content["parameters"] == sum(row["parameters"] for row in content["layers"])
    assert content["dataset"]["name"] == "digits" and content["dataset"]["input_shape"] == [8, 8]
    (scan,) = content["scans"]
    assert (scan["layer"], scan["class"], scan["steps"]) == ("scan", "Rows", 8)
    assert scan["order"] == [[row] * 8 for row in range(8)]
    text = call("show", "digits_gru", "--set", "model.scan=columns").out
    assert "scan: Columns, 8 steps" in text
    assert f"{content['parameters']:,} parameters" in text
    assert "for images of 8×8 and 10 classes (digits)" in text
    assert "\n  │ 0 1 2 3 4 5 6 7 │\n" in text


def test_show_pictures_a_larger_image_by_shades(call):
    text = call("show", "tiny", "--set", "model.scan=columns").out
    assert "scan: Columns, 28 steps, light to dark" in text
    first = next(line for line in text.splitlines() if line.startswith("  │"))
    assert first[3] == " " and first[-2] == "█"  # The last column is read last.


def test_show_pictures_what_a_scan_reads_be_it_a_feature_map(call, tmp_path):
    (tmp_path / "conv.yaml").write_text(
        "name: conv\ndata: {dataset: digits}\nmodel: {family: conv_rnn, scan: snake}\n"
    )
    text = call("show", "conv.yaml").out
    assert "scan: Snake, 4 steps, the step that reads each pixel, from 0" in text
    assert "\n  │ 0 1 │\n  │ 3 2 │\n" in text


@pytest.mark.parametrize(
    "command",
    [None, "run", "tune", "compare", "list", "show", "check", "init", "publish-weights", "push"],
)
def test_every_help_has_an_example(call, command):
    said = call(*[command] if command else [], "--help")
    assert said.code == 0
    assert "\n  seqvision " in said.out


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compare", "--help"], ["list", "cells"], ["check", "gru3"]]
)
def test_answers_at_once_without_tensorflow(arguments):
    code = (
        "import sys; sys.argv[0] = 'seqvision'\n"
        "from seqvision.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'tensorflow', 'keras', 'pandas'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, *arguments]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        seconds.append(time.perf_counter() - start)
        assert done.returncode == 0 and done.stdout.endswith("[]\n")
    # Half a second on a machine at rest; beside other tests it has longer.
    assert min(seconds) < 2


@pytest.mark.usefixtures("in_this_process")
def test_a_failed_run_is_exit_code_1_and_the_rest_goes_on(call):
    diverging = ["--set", "train.optimizer={name: sgd, learning_rate: 1e38}"]
    said = call("run", "digits_gru", *SMALL, *diverging, "--seeds", "0-1", "--json")
    assert said.code == 1
    assert json.loads(said.out) == []
    assert said.err.count("loss") == 2 and "2 of 2 runs" in said.err
    assert "Traceback" not in said.err


@pytest.mark.slow
def test_a_run_says_nothing_on_stderr_but_its_own(call, tmp_path):
    """Nor does what it imports, in a process of its own; a quiet one says nothing at all."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-m", "seqvision.cli", "run", "digits_gru", *SMALL, "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    (record,) = json.loads(done.stdout)
    assert done.returncode == 0
    assert not re.search("tensorflow|cuda|absl", done.stderr, re.IGNORECASE)
    quiet = call("run", "digits_gru", *SMALL, "--quiet", "--force")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    forced = json.loads((tmp_path / "results" / record["run_id"] / "record.json").read_text())
    assert forced["timing"]["ended"] > record["timing"]["ended"]
    assert forced["metrics"] == record["metrics"]
