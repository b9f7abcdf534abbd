"""`seqvision.export` writes what answers as Keras does, says how to use it, or leaves nothing."""

import hashlib
import json
import logging
from functools import lru_cache

import keras
import numpy as np
import pytest
from slow import all_but

import seqvision
from seqvision import extras, layers
from seqvision.cells import PeepholeLSTMCell
from seqvision.errors import SeqvisionError
from seqvision.exporting import parity
from seqvision.exporting.formats import FORMATS
from seqvision.exporting.half import halve
from seqvision.exporting.parity import Compared, Differs, answers, check_parity
from seqvision.presets.facts import Facts, add_to_archive
from seqvision.presets.find import find_trained
from seqvision.zoo import create_model

if keras.backend.backend() != "tensorflow":
    pytest.skip("needs Keras on TensorFlow", allow_module_level=True)
from seqvision.exporting.graph import Graph

NAMES = ("none", "some", "all")
X = np.random.default_rng(1).uniform(0, 255, (5, 3, 4)).astype("float32")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return create_model("stacked", (3, 4), 3, units=[4])


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    """The model as a run leaves it, with facts."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    add_to_archive(path, Facts((3, 4), NAMES, temperature=2.0, more={"name": "mine"}))
    return path


def softmax(logits):
    powers = np.exp(np.asarray(logits, "float64"))
    return powers / powers.sum(axis=1, keepdims=True)


def run_onnx(path, images):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def test_a_file_answers_as_keras_and_its_sidecar_says_what_it_is(model, saved, tmp_path):
    path = tmp_path / "new" / "model.onnx"
    said = seqvision.export(saved, path)
    np.testing.assert_allclose(run_onnx(path, X), model(X), atol=1e-6)
    written = json.loads((path.parent / "model.onnx.json").read_text())
    assert {**said, **written} == said  # `path` and `seconds` are the caller's only.
    assert written["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert written["bytes"] == path.stat().st_size
    assert written["parity"]["batches"] == [1, 2, 7]
    assert "mnist-5k, resized to 3×4" in written["parity"]["real"]
    assert written["parity"]["largest_difference"] < 1e-6
    assert written["preprocessing"]["inside"][0].endswith("0.00392157")
    assert written["versions"]["keras"] == keras.__version__
    facts = find_trained(path).facts
    assert (facts.class_names, facts.temperature, facts.input_shape) == (NAMES, 2.0, (3, 4))
    assert sorted(p.name for p in path.parent.iterdir()) == ["model.onnx", "model.onnx.json"]


@pytest.mark.parametrize(
    ("options", "divisor"),
    [
        ({}, 2.0),
        ({"temperature": "none"}, 1.0),
        ({"temperature": 0.5}, 0.5),
        ({"temperature": "auto"}, 2.0),
    ],
)
def test_softmax_and_temperature_are_in_the_file(options, divisor, model, saved, tmp_path):
    path = tmp_path / "model.onnx"
    said = seqvision.export(saved, path, softmax=True, **options)
    np.testing.assert_allclose(run_onnx(path, X), softmax(model(X) / divisor), atol=1e-6)
    assert said["softmax"] is True
    if divisor != 1:  # Not to be divided by twice.
        assert said["divided_by"] == divisor
        assert "temperature" not in said


def test_logits_can_be_divided_too(model, saved, tmp_path):
    seqvision.export(saved, tmp_path / "m.onnx", temperature="auto")
    np.testing.assert_allclose(run_onnx(tmp_path / "m.onnx", X), model(X) / 2, atol=1e-6)


@pytest.mark.parametrize("name", FORMATS.names())
def test_a_fixed_batch(name, model, tmp_path):
    path = tmp_path / f"model{FORMATS.entry(name).card['ending']}"
    said = seqvision.export(model, path, name, batch=3)
    assert said["batch"] == 3
    assert said["preprocessing"]["shape"] == [3, 3, 4]
    answer = FORMATS.get(name)().read(path)
    np.testing.assert_allclose(answers(answer, X, 3), model(X), atol=1e-5)


def test_a_saved_model_is_a_folder_for_others_to_read(model, tmp_path):
    import tensorflow as tf

    said = seqvision.export(model, tmp_path / "m", "saved_model")
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    np.testing.assert_allclose(loaded.serve(X)["logits"], model(X), atol=1e-6)
    files = {p.relative_to(tmp_path / "m").as_posix() for p in (tmp_path / "m").rglob("*.*")}
    assert files <= set(said["files"])
    lines = "".join(f"{of['sha256']}  {name}\n" for name, of in said["files"].items())
    assert said["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    assert (tmp_path / "m").stat().st_mode & 0o055 or not (tmp_path.stat().st_mode & 0o055)


@pytest.fixture(scope="module")
def heavy(tmp_path_factory):
    """A model of mostly weights, its file, and what is said of it in a format."""
    keras.utils.set_random_seed(0)
    model = create_model("stacked", (8, 8), 10, units=[128])
    folder = tmp_path_factory.mktemp("heavy")
    path = folder / "model.keras"
    model.save(path)
    add_to_archive(path, Facts((8, 8), tuple("0123456789"), data="digits"))
    return path, lru_cache(lambda ending: seqvision.export(path, folder / f"whole{ending}"))


@pytest.mark.parametrize(
    ("name", "weights", "smaller"),
    [
        ("onnx", "float16", 0.75),
        *all_but([], [("litert", "int8", 0.6), ("onnx", "int8", 0.6), ("litert", "float16", 0.75)]),
    ],
)
def test_smaller_weights(name, weights, smaller, heavy, tmp_path):
    """A model of mostly weights becomes smaller, and its accuracy is said."""
    path, exported = heavy
    ending = FORMATS.entry(name).card["ending"]
    whole = exported(ending)
    said = seqvision.export(path, tmp_path / f"less{ending}", weights=weights)
    assert said["bytes"] < smaller * whole["bytes"]
    assert "accuracy" not in whole
    assert said["accuracy"]["images"] == 360  # A fifth of the digits.
    assert abs(said["accuracy"]["file"] - said["accuracy"]["keras"]) <= 0.02
    assert said["parity"]["largest_difference"] < 0.02  # Where products overflow it is 0.1.
    assert said["parity"]["real"] == "250 of the test images of digits" or weights == "float16"


def test_halved_weights_are_rounded_and_no_others():
    from onnx import TensorProto, helper, numpy_helper, reference

    big = np.random.default_rng(0).normal(size=(8, 16)).astype("float32")
    huge, small = big * 1e6, np.float32([0.1] * 16)
    shape = helper.make_tensor_value_info
    weights = {"big": big, "huge": huge, "small": small}
    nodes = [
        helper.make_node("MatMul", ["x", "big"], ["a"]),
        helper.make_node("MatMul", ["x", "huge"], ["b"]),
        helper.make_node("Add", ["a", "small"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [shape("x", TensorProto.FLOAT, [1, 8])],
        [shape(n, TensorProto.FLOAT, [1, 16]) for n in "yb"],
        [numpy_helper.from_array(w, n) for n, w in weights.items()],
    )
    made = helper.make_model(graph)
    halve(made)
    x = np.ones((1, 8), "float32")
    y, b = reference.ReferenceEvaluator(made).run(None, {"x": x})
    np.testing.assert_allclose(y, x @ big.astype("float16").astype("float32") + small, rtol=1e-6)
    np.testing.assert_allclose(b, x @ huge, rtol=1e-6)
    kinds = {each.name: each.data_type for each in made.graph.initializer}
    assert kinds == {"big_float16": 10, "huge": 1, "small": 1}


def compared(expected):
    return {"real": Compared(np.zeros((10, 2, 2), "float32"), "images", np.asarray(expected))}


def test_a_difference_is_told_where_it_is():
    expected = np.tile([1.0, 20.0], (10, 1))
    got = expected + np.array([0, 1.9e-4])  # Within 1e-5 of 20.
    check_parity(_replies(got), compared(expected), None, "float32")
    got[4, 0] += 3e-4
    with pytest.raises(
        Differs, match=r"real image 4, in a batch of 7: class 'cat' is 1.0003, with"
    ):
        check_parity(_replies(got), compared(expected), None, "float32", ["cat", "dog"])
    got[4, 0] = np.nan
    with pytest.raises(Differs, match=r"image 4.*'0' is nan"):
        check_parity(_replies(got), compared(expected), None, "float32")
    with pytest.raises(Differs, match="image 4"):
        check_parity(_replies(got), compared(expected), None, "int8")


def test_with_int8_weights_classes_agree():
    expected = np.tile([0.0, 1.0], (10, 1))
    got = expected.copy()
    got[3] = [1, 0]
    assert check_parity(_replies(got), compared(expected), 4, "int8")["same_class"] == 0.9
    got[8] = [1, 0]
    with pytest.raises(Differs, match="another class than Keras for 20% of 10 samples"):
        check_parity(_replies(got), compared(expected), 4, "int8")


def _replies(rows):
    """An answer that gives the next rows at each call, and has room for zeros after the last."""
    at = 0

    def answer(images):
        nonlocal at
        taken = rows[at : at + len(images)]
        at += len(images)
        return np.concatenate([taken, np.zeros((len(images) - len(taken), 2))])

    return answer


def test_what_differs_is_not_kept(saved, tmp_path, monkeypatch):
    (tmp_path / "model.onnx").write_text("an older file")
    monkeypatch.setitem(parity.TOLERANCES, "float32", -1.0)
    with pytest.raises(SeqvisionError, match=r"differs from Keras on random image 0.*nothing"):
        seqvision.export(saved, tmp_path / "model.onnx", force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_text() == "an older file"


def test_a_converter_that_fails_is_told_in_a_line(model, tmp_path, monkeypatch, capfd):
    def write(self, *given):
        raise RuntimeError("no such op: X\nmore\nlines")

    monkeypatch.setattr(FORMATS.get("litert"), "write", write)
    with pytest.raises(SeqvisionError, match="cannot be converted: RuntimeError: no such op: X;"):
        seqvision.export(model, tmp_path / "m.tflite")
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_loops_of_more_than_64_steps(tmp_path):
    model = create_model("stacked", (7, 10), 3, units=[4], scan="pixels", cell="gru")
    said = seqvision.export(model, tmp_path / "m.tflite")
    assert (said["batch"], said["parity"]["batches"]) == (1, [1])
    assert seqvision.export(model, tmp_path / "m.onnx")["batch"] == "any"
    with pytest.raises(SeqvisionError, match=r"fixed batch; leave --batch out"):
        seqvision.export(model, tmp_path / "m.xml", batch=2)


@pytest.mark.slow
def test_784_steps_are_loaded_by_onnx_runtime(tmp_path):
    """The engine's loop and Keras's; some releases of ONNX Runtime could not."""
    for cell in ("lstm", "ntm"):
        model = create_model("stacked", (28, 28), 3, units=[4], scan="pixels", cell=cell)
        said = seqvision.export(model, tmp_path / f"{cell}.onnx")
        assert said["parity"]["largest_difference"] < 1e-5


@pytest.mark.parametrize("layer", [layers.LSTM, lambda n: layers.Recurrent(PeepholeLSTMCell(n))])
def test_a_loop_writes_its_outputs_only(layer):
    """Not what a backward pass would need; and with a mask it is still right."""
    x = keras.Input((70, 2))
    plain = keras.Model(x, layer(4)(x))
    with Graph(plain) as graph:
        nodes = [n for f in graph.traced.graph.as_graph_def().library.function for n in f.node_def]
        assert sum(node.op == "TensorListSetItem" for node in nodes) == 1
    masked = keras.Model(x, layer(4)(keras.layers.Masking()(x)))
    images = np.random.default_rng(0).normal(size=(3, 70, 2)).astype("float32")
    images[:, 20:30] = 0
    images[1, 60:] = 0
    with Graph(masked) as graph:
        got = graph.function(images)["logits"]
    np.testing.assert_allclose(got, masked(images), atol=1e-6)


def test_unrolling_for_an_export_leaves_the_model_as_it_was():
    model = create_model("conv_lstm", (3, 4), 3, filters=[4])
    with Graph(model) as plain, Graph(model, unrolled=True) as unrolled:
        assert plain.has_loop and not unrolled.has_loop
        folder = unrolled.saved_model()
        assert folder.is_dir()
    assert not folder.exists()
    assert not model.get_layer("recurrent_1").unroll


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("m.onnx", "onxx"), {}, r"unknown format 'onxx'; did you mean 'onnx'\? \(known: litert"),
        (("m.bin",), {}, r"the ending says no format; name one with `to`: litert \(.tflite\)"),
        (("m.bin", "onnx"), {}, "a file for onnx ends in .onnx"),
        (("m.onnx", "saved_model"), {}, "saved_model is a folder"),
        (("m.onnx",), {"weights": "int4"}, r"'int4'; did you mean 'int8'\?"),
        (("m.xml",), {"weights": "int8"}, r"openvino: weights: 'int8' \(of: float32, float16\)"),
        (("m.onnx",), {"temperature": 0}, "temperature: expected a positive number"),
        (("m.onnx",), {"temperature": "hot"}, "temperature: expected a positive number"),
        (("m.onnx",), {"temperature": "auto"}, "none was fitted for this model"),
        (("m.onnx",), {"batch": 0}, "batch: expected a whole number from 1"),
        (("there/m.onnx",), {}, "there is not a folder"),
        (("old.onnx",), {}, r"old.onnx: exists; --force"),
        (("full", "saved_model"), {"force": True}, "a folder of other things"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(
    arguments, options, message, model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for file in ("there", "old.onnx"):
        (tmp_path / file).touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SeqvisionError, match=message):
        seqvision.export(model, *arguments, **options)
    assert sorted(tmp_path.rglob("*")) == before


def test_models_that_cannot_be_exported(model, saved, tmp_path):
    out = tmp_path / "m.onnx"
    ending = keras.Model(model.input, keras.layers.Activation("softmax")(model.output))
    with pytest.raises(SeqvisionError, match="ends in softmax, not in logits"):
        seqvision.export(ending, out, softmax=True)
    two = keras.Model(model.input, [model.output, model.layers[-2].output])
    with pytest.raises(SeqvisionError, match="one input and one output"):
        seqvision.export(two, out)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = create_model("stacked", (3, 4), 3, units=[4])
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(SeqvisionError, match=r"computes in bfloat16; build it in float32"):
        seqvision.export(half, out)
    with pytest.raises(SeqvisionError, match=r"expected a keras\.Model or where"):
        seqvision.export(3, out)
    seqvision.export(saved, out)
    with pytest.raises(SeqvisionError, match="is exported already"):
        seqvision.export(out, tmp_path / "again.onnx")


def test_another_backend_is_told_what_to_do(model, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(SeqvisionError, match="export with KERAS_BACKEND=tensorflow"):
        seqvision.export(model, tmp_path / "m.onnx")


def test_a_missing_extra_is_told_with_the_line_that_installs_it(model, tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "openvino" else name)
    with pytest.raises(
        SeqvisionError, match=r"needs openvino.*pip install 'seqvision\[openvino\]'"
    ):
        seqvision.export(model, tmp_path / "m.xml")


def test_an_optimizer_of_tf2onnx_that_fails_is_done_without(model, tmp_path, monkeypatch):
    import tf2onnx.optimizer

    def fails():
        raise ValueError("it cannot")

    monkeypatch.setitem(tf2onnx.optimizer._optimizers, "fold_constants", fails)
    seqvision.export(model, tmp_path / "m.onnx")
    np.testing.assert_allclose(run_onnx(tmp_path / "m.onnx", X), model(X), atol=1e-6)


def test_loggers_are_as_they_were(saved, tmp_path):
    before = [logging.getLogger(name).level for name in (None, "tf2onnx", "seqvision")]
    seqvision.export(saved, tmp_path / "m.onnx", weights="int8")
    assert [logging.getLogger(name).level for name in (None, "tf2onnx", "seqvision")] == before


@pytest.mark.slow
def test_openvino_reports_nothing_to_anyone(tmp_path, new_process):
    new_process(
        "import sys, seqvision\n"
        "model = seqvision.create_model('tiny', weights='mnist')\n"
        f"seqvision.export(model, {str(tmp_path / 'm.xml')!r})\n"
        "assert 'openvino' in sys.modules\n"
        "assert 'openvino_telemetry' not in sys.modules\n"
        "import openvino_telemetry\n"
    )
