"""Every command ends in words on a terminal that has few letters, and loses no result for one."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from seqvision.cli import main, seqvision
from seqvision.config import load_config
from seqvision.data.today import checksum_today

ENCODINGS = ["ascii", "cp1252", "utf-8"]
LABELS = np.arange(60) % 3
FIGURE = {"median": 1234.5, "min": 1000.0, "max": 2000.0, "ratio": {"median": 1.5}}
FIGURES = ("train_images_per_second", "inference_images_per_second", "latency_milliseconds")
BENCH = {
    "work": {"name": "tiny", "precision": "float32", "batch_size": 64, "steps": None},
    "contenders": {"seqvision": dict.fromkeys((*FIGURES, "first_step_seconds"), FIGURE)},
    "rounds": 3,
    "cores": 2,
    "ceiling": {"median": 9e4, "share": {"median": 0.5}},
}
BENCH["contenders"]["seqvision"]["peak_memory_mb"] = FIGURE
BENCH["contenders"]["keras"] = BENCH["contenders"]["seqvision"]

MINE = """\
name: mine
description: π ≈ 3, naïve, 模
data: {dataset: digits, validation: 200}
model: {family: stacked, units: [8]}
train: {epochs: 1}
tune: {oracle: random, trials: 2, space: {model.dropout: {float: [0.0, 0.5]}}}
"""

SAID = {
    # command: (arguments, some of the words it is to say)
    "bench": [(["tiny"], "training images/s"), (["tiny", "--json"], '"rounds": 3')],
    "check": [(["mine.yaml"], "right (mine"), (["mine.yaml", "nein…"], "right (mine")],
    "compare": [
        (["--baseline", "tiny"], "McNemar"),
        (["--json"], '"caption"'),
        (["--format", "md"], "| name |"),
        (["--format", "latex"], "tabular"),
    ],
    "doctor": [([], "native kernels"), (["--json"], '"backend"')],
    "init": [(["ö_{encoding}.yaml"], "wrote")],
    "list": [
        ([what], " ")
        for what in (
            "models",
            "families",
            "cells",
            "wrappers",
            "scans",
            "datasets",
            "configs",
            "loggers",
        )
    ],
    "log": [
        (["results", "--to", "tensorboard"], "tensorboard: "),
        (["results", "--to", "tensorboard", "--json"], '"there": 4'),
    ],
    "plot": [(["classes", "-o", "×.svg"], "wrote")],
    "predict": [
        (["ö.onnx", "ö.npz"], ".npz[0]"),
        (["ö.onnx", "ö.npz", "--format", "csv"], "file,class"),
        (["ö.onnx", "ö.npz", "--json"], '"answers"'),
    ],
    "publish": [(["results"], "# Results"), (["results", "-o", "page.md"], "wrote")],
    "report": [(["-o", "report.html"], "wrote")],
    "run": [
        (["tiny", "--seeds", "0-1"], "record: "),
        (["tiny", "tiny_lstm", "--dry-run"], ""),
        (["tiny", "--json"], '"run_id"'),
    ],
    "show": [(["mine.yaml"], "FLOPs"), (["mine.yaml", "--json"], '"layers"')],
    "tune": [
        (["mine.yaml"], "trial by trial"),
        (["mine.yaml", "--dry-run"], ""),
        (["mine.yaml", "--json"], '"verdict"'),
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Finished runs and a finished search that nobody trained, and a config with odd letters."""
    folder = tmp_path_factory.mktemp("encodings")
    (folder / "mine.yaml").write_text(MINE, encoding="utf-8")
    for name, wrong in (("tiny", 6), ("tiny_lstm", 9)):
        for seed in (0, 1):
            write_run(folder / "results", load_config(name), seed, wrong + seed)
    search = folder / "results" / "mine-tune"
    search.mkdir()
    rows = ["trial,seed,status,objective,value,mean,epochs,epochs_saved,epochs_given,after,seconds"]
    rows[0] += ",run_id,message,model.dropout"
    rows += [f"{n},0,finished,val_accuracy,0.{n},0.{n},1,0,,,2.5,x,,0.{n}" for n in range(1, 9)]
    (search / "trials.csv").write_text("\n".join(rows))
    write_model(folder / "ö.onnx")
    np.savez(folder / "ö.npz", x=np.arange(8, dtype=np.uint8).reshape(2, 2, 2) * 30)
    return folder


def write_model(path):
    """A model whose four logits are the four pixels."""
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2, 2])
    got = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 4])
    graph = helper.make_graph([helper.make_node("Flatten", ["x"], ["y"])], "g", [given], [got])
    opset = [helper.make_opsetid("", 17)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    )
    facts = {"input_shape": [2, 2], "class_names": ["é", "φ", "模", "…"]}
    path.with_name(f"{path.name}.json").write_text(json.dumps(facts))


def write_run(results, config, seed, wrong):
    run = results / config.name / f"{config.hash}-s{seed}"
    run.mkdir(parents=True)
    data = dict.fromkeys(["name", "asked_for"], config.data.dataset)
    data |= {"source": "é", "checksum": checksum_today(config.data.dataset)}
    sizes = {"train": 5, "validation": 0, "test": len(LABELS), "input_shape": [2, 2]}
    timing = dict.fromkeys(["train_seconds", *FIGURES[:2]], 1000.0 * (1 + 3 * seed))
    timing |= dict.fromkeys(["started", "ended"], "2026-01-01T00:00:00+00:00")
    record = {
        "run_id": f"{config.name}/{run.name}",
        "name": config.name,
        "seed": seed,
        "status": "finished",
        "config_hash": config.hash,
        "config": config.resolved(),
        "dataset": {**data, **sizes, "class_names": ["x", "y", "模"]},
        "metrics": {"test_error": wrong / 60, "test_accuracy": 1 - wrong / 60, "epochs": 1},
        "timing": timing,
        "model": {"parameters": 10, "flops_per_image": 20},
        "environment": {"cpu": "a", "cores": 1, "backend": "tensorflow", "keras": "3"},
    }
    (run / "record.json").write_text(json.dumps(record))
    said = np.where(np.arange(60) < wrong, (LABELS + 1) % 3, LABELS)
    np.savez(run / "predictions.npz", probabilities=np.eye(3)[said], labels=LABELS)


@pytest.fixture
def call(monkeypatch, folder):
    """Call `seqvision ARGUMENTS` with streams of an encoding; return code, stdout and stderr."""
    from seqvision.sweep.tune.search import Tuned

    estimate = {"mean": 0.1, "low": 0.05, "high": 0.15}
    verdict = {"objective": "val_accuracy", "in_words": "−1 ± 2", "untuned": estimate}
    verdict |= {"tuned": estimate, "untuned_objective": 0.8, "tuned_objective": 0.9}
    best = Tuned(folder / "results" / "mine-tune", load_config("tiny"), 1, {}, 0.9, verdict)

    def measured(*arguments):
        next(each for each in arguments if callable(each))("seqvision", 0)
        return BENCH

    monkeypatch.setattr("seqvision.bench.rounds.bench", measured)
    monkeypatch.setattr("seqvision.sweep.tune.search.search", lambda *_, **__: best)
    monkeypatch.chdir(folder)

    def run(encoding, *arguments):
        monkeypatch.setattr(sys, "argv", ["seqvision", *arguments])
        streams = []
        for name in ("stdout", "stderr"):
            streams.append(io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict"))
            monkeypatch.setattr(sys, name, streams[-1])
        with pytest.raises(SystemExit) as end:
            main()
        for stream in streams:
            stream.flush()
        out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams)
        return end.value.code, out, err

    return run


ELSEWHERE = {"export", "publish-weights", "push", "serve"}
"""Commands that need a trained model, whose help alone is read here: their own tests call them."""


def test_every_command_is_called():
    commands = seqvision.list_commands(None)
    assert SAID.keys() | ELSEWHERE == {
        c for c in commands if not seqvision.get_command(None, c).hidden
    }


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", [None, *SAID, *sorted(ELSEWHERE)])
def test_every_help_can_be_read(call, command, encoding):
    code, out, err = call(encoding, *[command] if command else [], "--help")
    assert code == 0 and "Usage" in out and err == ""


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", SAID)
def test_every_command_ends_in_words(call, command, encoding, folder):
    for arguments, words in SAID[command]:
        arguments = [argument.format(encoding=encoding) for argument in arguments]
        code, out, err = call(encoding, command, *arguments)
        assert code == (2 if "nein…" in arguments else 0), err
        assert words in out and "Traceback" not in err
        if "--json" in arguments:
            json.loads(out)


def test_a_picture_and_bars_are_pictures_in_ascii_too(call):
    _, out, _ = call("ascii", "show", "gru1")
    first = next(line for line in out.splitlines() if line.startswith("  |"))
    last = [line for line in out.splitlines() if line.startswith("  |")][-1]
    assert set(first[3:-1]) == {" "} and set(last[3:-1]) == {"#"}
    _, out, _ = call("ascii", "tune", "mine.yaml")
    assert "trial by trial: _" in out and out.partition("trial by trial: ")[2][7] == "#"


def test_json_says_what_is_there_in_any_encoding(call):
    said = [call(encoding, "show", "mine.yaml", "--json")[1] for encoding in ENCODINGS]
    assert json.loads(said[0])["config"]["description"] == "π ≈ 3, naïve, 模"
    assert said[0] == said[1] == said[2]
    captions = [call(encoding, "compare", "--json")[1] for encoding in ENCODINGS]
    assert captions[0] == captions[1] == captions[2] and json.loads(captions[0])


@pytest.mark.slow
def test_a_file_is_in_utf_8_whatever_the_terminal(call, folder):
    for encoding in ENCODINGS:
        assert call(encoding, "compare", "-o", f"{encoding}.md")[0] == 0
        assert call(encoding, "report", "-o", f"{encoding}.html")[0] == 0
    for ending in (".md", ".html"):
        texts = [(folder / f"{e}{ending}").read_text(encoding="utf-8") for e in ENCODINGS]
        assert "±" in texts[0] or "模" in texts[0]
        if ending == ".md":
            assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_progress_bars_can_be_drawn(encoding, monkeypatch):
    from pathlib import Path

    from rich.console import Console

    from seqvision.cli._terminal import replace_unencodable
    from seqvision.sweep.plan import Job, Planned
    from seqvision.sweep.schedule import Outcome
    from seqvision.sweep.shown.run import ProgressBar
    from seqvision.sweep.shown.sweep import SweepProgress

    monkeypatch.setenv("FORCE_COLOR", "1")  # Bars are drawn as on a terminal.
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    replace_unencodable()
    bar = ProgressBar(Console(stderr=True))
    bar.start("mine é 模", 10, 0)
    bar.step(5, 0.5, 0.25)
    bar.close()
    job = Job(load_config("tiny"), 0, Path("ö"))
    with SweepProgress([Planned(job, "to do", 3.0)], 1) as progress:
        progress.begin(job)
        progress.event(job, {"event": "log", "level": "WARNING", "message": "– 模"})
        progress.end(Outcome(job, "failed"))
    sys.stderr.flush()
    said = sys.stderr.buffer.getvalue().decode(encoding)
    assert "loss 0.5" in said and "training" in said and "all runs" in said


def test_a_path_that_is_no_text_costs_a_letter(call):
    for command in ("compare", "init"):
        code, _, err = call("utf-8", command, "no\udcffsuch")
        assert code == 2 and "no?such: " in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_in_a_process_with_a_poor_locale(encoding, folder):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment["PYTHONIOENCODING"] = encoding
    command = [sys.executable, "-m", "seqvision.cli", "list", "cells"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stderr == b""
    assert b"sru" in done.stdout and done.stdout.decode(encoding)
