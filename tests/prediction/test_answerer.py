"""Batches of any size are answered as the model itself answers them."""

import keras
import numpy as np
import pytest

from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import answerer
from seqvision.runs.hand_over import hand_over

IMAGES = np.random.default_rng(0).integers(0, 256, (21, 6, 4), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["saved", "onnx"])
def test_answers_are_the_models_whatever_the_size_of_a_batch(kind, model, facts, request):
    answers = answerer(request.getfixturevalue(kind), batch=8)
    assert answers.facts == facts and answers.input_shape == (6, 4)
    expected = keras.ops.convert_to_numpy(model(IMAGES))
    for n in (1, 3, 8, 21):
        given = answers.logits(IMAGES[:n])
        assert given.dtype == np.float32
        np.testing.assert_allclose(given, expected[:n], atol=1e-4)


def test_few_sizes_are_compiled(model, monkeypatch):
    def watched(model, images):
        seen.append(len(images))
        return hand_over(model, images)

    monkeypatch.setattr("seqvision.runs.hand_over.hand_over", watched)
    answers, seen = answerer(model, batch=16), []
    for n in (16, 1, 5, 21, 16):
        answers.logits(np.resize(IMAGES, (n, 6, 4)))
    assert set(seen) == {16}
    answers, seen = answerer(model, batch=16), []
    for n in (1, 2, 3, 5, 4, 1):
        answers.logits(IMAGES[:n])
    assert seen == [1, 2, 4, 8, 4, 1]


def test_probabilities_of_a_softmax_become_logits_of_the_same_probabilities():
    keras.utils.set_random_seed(0)
    given = keras.Input((6, 4))
    flat = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(given))
    model = keras.Model(given, keras.layers.Dense(3, activation="softmax")(flat))
    logits = answerer(model).logits(IMAGES)
    np.testing.assert_allclose(np.exp(logits), model(IMAGES), rtol=1e-5)


def test_what_is_no_classifier_is_told_in_a_line(tmp_path):
    given = keras.Input((6, 4))
    flat = keras.layers.Flatten()(given)
    with pytest.raises(SeqvisionError, match=r"expected \(batch, classes\)"):
        answerer(keras.Model(given, keras.layers.Dense(1)(flat)))
    with pytest.raises(SeqvisionError, match="one input and one output"):
        answerer(keras.Model(given, [flat, flat]))
    with pytest.raises(SeqvisionError, match="one input and one output"):
        answerer(3)
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(SeqvisionError, match=r"no\.onnx cannot be read"):
        answerer(tmp_path / "no.onnx")


def test_without_onnx_runtime_the_line_to_install_it_is_told(onnx, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(SeqvisionError, match=r"pip install 'seqvision\[onnx\]'"):
        answerer(onnx)


@pytest.mark.parametrize("batch", [1, 4])
def test_an_onnx_file_of_a_fixed_batch_that_gives_probabilities(batch, tmp_path):
    from onnx import TensorProto, helper

    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 2, 2])
    got = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 4])
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Softmax", ["f"], ["y"])]
    graph = helper.make_graph(nodes, "g", [given], [got])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    (tmp_path / "fixed.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "fixed.onnx.json").write_text('{"input_shape": [2, 2], "softmax": true}')
    answers = answerer(tmp_path / "fixed.onnx")
    images = np.random.default_rng(1).normal(size=(6, 2, 2)).astype(np.float32)
    powers = np.exp(images.reshape(6, 4))
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(answers.logits(images)), expected, rtol=1e-5)
