"""`seqvision predict` of series: options, exit codes and accuracy, with an .onnx file."""

import json

import numpy as np
import pandas as pd
import pytest

from seqvision.presets.facts import Facts

NAMES = ("down", "up")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Says `up` of a series whose observed values have a sum above 0."""
    from onnx import TensorProto, helper, numpy_helper

    given = helper.make_tensor_value_info("series", TensorProto.FLOAT, ["n", "steps", 1])
    got = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])
    constants = [
        numpy_helper.from_array(np.float32(0), "zero"),
        numpy_helper.from_array(np.array([1]), "axis"),
        numpy_helper.from_array(np.array([[-1, 1]], np.float32), "weights"),
    ]
    nodes = [
        helper.make_node("IsNaN", ["series"], ["absent"]),
        helper.make_node("Where", ["absent", "zero", "series"], ["filled"]),
        helper.make_node("ReduceSum", ["filled", "axis"], ["sums"], keepdims=0),
        helper.make_node("MatMul", ["sums", "weights"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "sums", [given], [got], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    path.write_bytes(made.SerializeToString())
    facts = Facts((None, 1), NAMES, "series", temperature=2.0, data={"name": "csv", "path": "x"})
    path.with_name("model.onnx.json").write_text(json.dumps(facts.to_json()))
    return path


@pytest.fixture
def table(tmp_path):
    rows = {"a": [1, 2, None], "b": [-5, 1, 1], "c": [None, 0.5, None], "d": [-1, None, None]}
    frame = pd.DataFrame(rows.values(), columns=["s1", "s2", "s3"])
    frame.insert(0, "id", list(rows))
    frame.assign(label=["up", "down", "down", "down"]).to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def test_rows_are_called_by_their_ids(call, model, table):
    said = call("predict", model, table, "--format", "jsonl", "--logits", "--quiet")
    assert (said.code, said.err) == (0, "")
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert [row["file"] for row in rows] == [f"{table}[{name}]" for name in "abcd"]
    assert [row["class"] for row in rows] == ["up", "down", "up", "down"]
    assert [row["logits"]["up"] for row in rows] == [3, -3, 0.5, -1]
    assert rows[0]["probability"] == pytest.approx(1 / (1 + np.exp(-6 / 2)), rel=1e-5)


def test_labels_give_accuracy(call, model, table):
    said = call("predict", model, table, "--labels", "--quiet")
    assert said.code == 0 and "accuracy 75.00% (95% interval " in said.out
    assert "3 of 4 series right" in said.out
    unlabelled = pd.read_csv(table).drop(columns="label")
    unlabelled.to_csv(table, index=False)
    said = call("predict", model, table, "--labels", "--quiet")
    assert said.code == 2 and "holds no labels beside its series" in said.err


def test_what_cannot_be_answered_is_a_row_and_exit_code_1(call, model, table):
    with table.open("a") as file:
        file.write("e,,,,up\n")
    table.with_name("other.csv").write_text("id,s1,s2\na,1,x\n")
    table.with_name("new.dat").write_text("none")
    table.with_name("bare.csv").write_text("id,s1,s2\n")
    files = [table, *map(table.with_name, ("other.csv", "new.dat", "bare.csv"))]
    said = call("predict", model, *files, "--format", "jsonl", "--quiet")
    assert said.code == 1 and said.err == "failed: 4 of 8 samples could not be read\n"
    errors = [json.loads(line).get("error") for line in said.out.splitlines()]
    assert errors[:5] == [None] * 4 + ["has no observed value"]
    assert "'s2' holds 'x', expected a number" in errors[5]
    assert errors[6].startswith("holds no series by its ending")
    assert errors[7] == "has no rows below its header"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["new.csv", "--invert"], "reads series; invert is for pictures"),
        (["new.csv", "--auto-invert"], "reads series; invert is for pictures"),
        (["new.csv", "--background", "white", "--pixels", "0..1"], "background and pixels are for"),
        (["none.csv"], "none.csv: no such file or folder"),
        (["empty"], "empty: holds no files of series"),
        (["new.csv", "--steps"], "steps: an .onnx file answers once"),
    ],
)
def test_wrong_input_is_one_line(call, model, table, arguments, words):
    (table.parent / "empty").mkdir()
    said = call("predict", model, *arguments)
    assert said.code == 2 and words in said.err and said.out == ""
    assert len(said.err.splitlines()) == 1


def test_a_folder_of_tables_in_the_order_of_their_names(call, model, table):
    folder = table.parent / "many"
    folder.mkdir()
    for name in ("b.csv", "a.csv"):
        (folder / name).write_bytes(table.read_bytes())
    (folder / "notes.txt").write_text("none")
    said = call("predict", model, folder, "--format", "csv", "--batch", "3", "--quiet")
    assert said.code == 0
    names = [line.split(",")[0] for line in said.out.splitlines()[1:]]
    assert names == [f"{folder}/{name}[{each}]" for name in ("a.csv", "b.csv") for each in "abcd"]
