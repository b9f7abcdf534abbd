"""`seqvision predict`: formats, exit codes, streams; with an .onnx file, without Keras."""

import csv
import io
import json
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seqvision.presets.facts import Facts

NAMES = ("cat", "dog", 'e,"l')
WEIGHTS = np.random.default_rng(1).normal(size=(24, 3)).astype(np.float32) / 255
IMAGES = np.random.default_rng(5).integers(0, 256, (6, 6, 4), dtype=np.uint8)
IMAGES[:, [0, -1]] = IMAGES[:, :, [0, -1]] = 9
SAID = [NAMES[i] for i in (IMAGES.reshape(6, 24) @ WEIGHTS).argmax(axis=1)]


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory):
    """One product of matrices, which is made in no time."""
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, 6, 4])
    got = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [None, 3])
    shape = numpy_helper.from_array(np.array([-1, 24]), "shape")
    weights = numpy_helper.from_array(WEIGHTS, "weights")
    nodes = [
        helper.make_node("Reshape", ["images", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "product", [given], [got], [shape, weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    path.write_bytes(model.SerializeToString())
    facts = Facts((6, 4), NAMES, more={"dataset": {"background": "dark"}})
    path.with_name("model.onnx.json").write_text(json.dumps(facts.to_json()))
    return path


@pytest.fixture(scope="module")
def bare(onnx_file, tmp_path_factory):
    """The same without facts."""
    path = tmp_path_factory.mktemp("bare") / "bare.onnx"
    path.write_bytes(onnx_file.read_bytes())
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    for i, image in enumerate(IMAGES):
        path = folder / ("cat", "dog")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


ORDER = [0, 2, 4, 1, 3, 5]
"""The pictures as they lie in folders."""


def test_a_table(call, onnx_file, pictures):
    said = call("predict", onnx_file, pictures, "--top", "2")
    assert (said.code, said.err) == (0, "")
    head, *lines = said.out.splitlines()
    assert head.split() == ["file", "class", "probability", "class_2", "probability_2"]
    assert [line.split()[1] for line in lines] == [SAID[i] for i in ORDER]
    column = head.index("class ")
    assert [line[column:].split()[0] for line in lines] == [SAID[i] for i in ORDER]


def test_csv_has_every_column_and_quotes_what_must_be(call, onnx_file, pictures):
    said = call("predict", onnx_file, pictures, "--format", "csv", "--probabilities", "--logits")
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows[0] == [
        *("file", "class", "probability"),
        *(f"p_{name}" for name in NAMES),
        *(f"logit_{name}" for name in NAMES),
        "error",
    ]
    assert [row[1] for row in rows[1:]] == [SAID[i] for i in ORDER]
    own = IMAGES.reshape(6, 24)[ORDER] @ WEIGHTS
    np.testing.assert_allclose(np.array(rows[1:])[:, 6:9].astype(float), own, rtol=1e-5)


def test_json_lines_and_one_document(call, onnx_file, pictures):
    said = call("predict", onnx_file, pictures, "--format", "jsonl", "--top", "3")
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [row["class"] for row in rows] == [SAID[i] for i in ORDER]
    assert sum(each["probability"] for each in rows[0]["top"]) == pytest.approx(1)
    said = call("predict", onnx_file, pictures, "--json", "--labels-from-folders")
    document = json.loads(said.out)
    assert [row["class"] for row in document["answers"]] == [SAID[i] for i in ORDER]
    assert document["score"]["images"] == 6 and said.err == ""


@pytest.mark.parametrize("name", ["a.csv", "deep/a.parquet", "a.jsonl", "a.json", "a.txt"])
def test_a_files_ending_says_its_format(call, onnx_file, pictures, name, tmp_path):
    (pictures / "dog" / "7.png").write_bytes(b"none")
    said = call("predict", onnx_file, pictures, "-o", name)
    assert said.code == 1 and said.out == "" and f"wrote {name}" in said.err
    path = tmp_path / name
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []
    expected = [*(SAID[i] for i in ORDER), None]
    if name.endswith(".txt"):
        return
    if name.endswith(".json"):
        found = [row.get("class") for row in json.loads(path.read_text())["answers"]]
    else:
        read = {".csv": pd.read_csv, ".parquet": pd.read_parquet}.get(path.suffix)
        table = read(path) if read else pd.read_json(path, lines=True)
        found = [None if pd.isna(each) else each for each in table["class"]]
        assert table["error"].notna().sum() == 1 and table["probability"].dtype.kind == "f"
    assert found == expected


def test_what_cannot_be_written_is_told_before_anything(call, onnx_file, pictures, tmp_path):
    for arguments, words in (
        (["--format", "parquet"], "name a file with -o"),
        (["-o", "a.xls"], "a file's ending says its format: .txt, .csv"),
        (["--format", "csv", "-o", pictures], "is a folder"),
        (["-o", pictures / "cat" / "0.png" / "a.csv"], "is not a folder"),
    ):
        said = call("predict", onnx_file, pictures, *arguments)
        assert said.code == 2 and words in said.err and said.out == ""
        assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.png"], "none.png: no such file or folder"),
        (["{pictures}", "none*"], "none*: no file is called so"),
        (["{pictures}", "--temperature", "warm"], "--temperature: expected a number above 0"),
        (["{pictures}", "--temperature", "0"], "temperature: expected a number above 0"),
        (["{pictures}", "--classes", "a,,b"], "--classes: expected names between commas"),
        (["{pictures}", "--classes", "a,b"], "has 3 classes; 2 names were given"),
        (["{pictures}", "--invert", "--auto-invert"], "give one of them"),
        (["{pictures}", "--pixels", "dark"], "pixels: expected black..white"),
        (["{pictures}", "--steps"], "steps: an .onnx file answers once"),
        (["{pictures}", "--labels-from-folders", "--classes", "cat,cow,eel"], "'dog'; its classes"),
        (["{pictures}", "--top", "0"], "0 is not in the range"),
    ],
)
def test_wrong_input_is_one_line(call, onnx_file, pictures, arguments, words):
    said = call("predict", onnx_file, *(a.format(pictures=pictures) for a in arguments))
    assert said.code == 2 and words in said.err and said.out == ""


def test_a_model_that_is_none(call, pictures, tmp_path):
    said = call("predict", "none.keras", pictures)
    assert said.code == 2 and said.err.startswith("error: ") and len(said.err.splitlines()) == 1
    (tmp_path / "no.onnx").write_bytes(b"none")
    said = call("predict", "no.onnx", pictures, "--logits")
    assert said.code == 2 and "no.onnx cannot be read" in said.err


def test_a_model_without_class_names_needs_them_or_gives_logits(call, bare, pictures):
    said = call("predict", bare, pictures)
    assert said.code == 2 and "name them, --classes a,b,c" in said.err
    named = call("predict", bare, pictures, "--classes", 'cat,dog,"e,""l"', "--format", "csv")
    assert [row[1] for row in csv.reader(io.StringIO(named.out))][1:] == [SAID[i] for i in ORDER]
    numbers = call("predict", bare, pictures, "--logits", "--format", "jsonl")
    rows = [json.loads(line) for line in numbers.out.splitlines()]
    assert list(rows[0]["logits"]) == ["0", "1", "2"]
    assert [NAMES[int(row["class"])] for row in rows] == [SAID[i] for i in ORDER]


def test_a_file_that_cannot_be_read_ends_in_1_and_the_others_go_on(call, onnx_file, pictures):
    (pictures / "cat" / "2.png").write_bytes(b"none")
    said = call("predict", onnx_file, pictures)
    assert said.code == 1 and said.err == "failed: 1 of 6 files could not be read\n"
    lines = said.out.splitlines()[1:]
    assert len(lines) == 6 and "error: cannot be read as a picture" in lines[1]
    assert [line.split()[1] for line in lines if "error" not in line] == [
        SAID[i] for i in ORDER if i != 2
    ]


def test_accuracy_with_its_interval_and_a_confusion_table(call, onnx_file, pictures):
    right = sum(SAID[i] == ("cat", "dog")[i % 2] for i in range(6))
    said = call("predict", onnx_file, pictures, "--labels-from-folders")
    assert f"accuracy {right / 6:.2%} (95% interval " in said.out and "is \\ said" in said.out
    said = call("predict", onnx_file, pictures, "--labels-from-folders", "--format", "csv")
    assert "accuracy" in said.err and said.out.startswith("file,label,class,probability,error")


def test_ink_on_paper_is_said_loudly_once(call, onnx_file, pictures, caplog):
    for file in pictures.rglob("*.png"):
        Image.fromarray(255 - np.asarray(Image.open(file))).save(file)
    said = call("predict", onnx_file, pictures, "--batch", "2", "--quiet")
    assert said.code == 0
    (warning,) = caplog.messages
    assert "6 OF 6 IMAGES HAVE A LIGHT BACKGROUND AS INK ON PAPER HAS" in warning
    caplog.clear()
    said = call("predict", onnx_file, pictures, "--invert", "--format", "jsonl")
    assert caplog.messages == []
    assert [json.loads(line)["class"] for line in said.out.splitlines()] == [SAID[i] for i in ORDER]


def test_a_name_that_moves_the_cursor_or_is_no_text(call, onnx_file, pictures):
    odd = pictures / os.fsdecode(b"\xe9\x1b[2J\n.png")
    (pictures / "cat" / "0.png").rename(odd)
    said = call("predict", onnx_file, odd)
    assert said.code == 0 and "\\xe9?[2J?.png  " in said.out
    said = call("predict", onnx_file, odd, "--format", "csv")
    assert next(csv.DictReader(io.StringIO(said.out)))["file"].endswith("\\xe9\x1b[2J\n.png")


def process(*arguments, **options):
    command = [sys.executable, "-m", "seqvision.cli", "predict", *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **{**pipes, **options})


def test_neither_keras_nor_pandas_is_imported_for_an_onnx_file(onnx_file, pictures):
    code = (
        "import sys; from seqvision.cli import seqvision as c; "
        f"c(['predict', {str(onnx_file)!r}, {str(pictures)!r}], standalone_mode=False); "
        "print({'keras', 'tensorflow', 'pandas', 'scipy', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "set()", done.stderr


def test_paths_on_stdin_are_answered_as_they_come(onnx_file, pictures):
    running = process(onnx_file, "-", "--format", "jsonl")
    try:
        for i in range(3):  # The next is asked only after the answer.
            running.stdin.write(f"{pictures}/{('cat', 'dog')[i % 2]}/{i}.png\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["class"] == SAID[i]
        running.stdin.write(f"none.png\n\n{pictures}/cat")
        rest, error = running.communicate(timeout=60)
    finally:
        running.kill()
    rows = [json.loads(line) for line in rest.splitlines()]
    assert rows[0] == {"file": "none.png", "error": "no such file or folder"}
    assert [row["class"] for row in rows[1:]] == [SAID[i] for i in (0, 2, 4)]
    assert running.returncode == 1 and error == "failed: 1 of 7 files could not be read\n"


def test_a_reader_that_goes_away_ends_it_quietly(onnx_file, pictures):
    running = process(onnx_file, "-", "--format", "csv", stderr=subprocess.PIPE)
    try:
        running.stdout.readline()
        running.stdout.close()
        began = time.monotonic()
        while running.poll() is None and time.monotonic() - began < 60:
            try:
                running.stdin.write(f"{pictures}\n")
                running.stdin.flush()
            except BrokenPipeError:
                break
        assert running.wait(60) == 0 and running.stderr.read() == ""
    finally:
        running.kill()
        running.stderr.close()
