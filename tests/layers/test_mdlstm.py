"""The multi-dimensional LSTM against a loop over positions, written from the paper's equations."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import MDLSTM
from seqvision.layers import mdlstm as module

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.normal(size=(2, 3, 5, 2))
UNITS = 3
FLIPS = [(), (1, 2), (1,), (2,)]


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def from_the_top_left(images, kernel, recurrent, bias, peepholes):
    """h of each position, `(batch, height, width, units)`."""
    batch, height, width, _ = images.shape
    p_i, p_above, p_left, p_o = np.split(peepholes, 4)
    h = np.zeros((batch, height + 1, width + 1, UNITS))  # With a row and a column beyond the edge.
    c = np.zeros_like(h)
    for row in range(height):
        for column in range(width):
            above, left = (row, column + 1), (row + 1, column)
            h_a, c_a, h_l, c_l = (v[:, *at] for at in (above, left) for v in (h, c))
            z = images[:, row, column] @ kernel + bias
            z = z + h_a @ recurrent[:UNITS] + h_l @ recurrent[UNITS:]
            i, f_a, f_l, g, o = np.split(z, 5, axis=-1)
            i = sigmoid(i + p_i * c_a + p_i * c_l)
            state = sigmoid(f_a + p_above * c_a) * c_a + sigmoid(f_l + p_left * c_l) * c_l
            state = state + i * np.tanh(g)
            c[:, row + 1, column + 1] = state
            h[:, row + 1, column + 1] = sigmoid(o + p_o * state) * np.tanh(state)
    return h[:, 1:, 1:]


def transcription(images, weights):
    """h of each position in all directions, side by side."""
    found, directions = [], len(weights) // 4
    for n, flip in enumerate(FLIPS[:directions]):
        h = from_the_top_left(np.flip(images, flip), *weights[n::directions])
        found.append(np.flip(h, flip))
    return np.concatenate(found, axis=-1)


def with_random_weights(layer):
    layer.build(IMAGES.shape)
    layer.set_weights([GENERATOR.normal(0, 0.6, w.shape) for w in layer.get_weights()])
    return layer


def said(layer):
    return ops.convert_to_numpy(layer(IMAGES.astype("float32")))


@pytest.mark.parametrize(("directions", "unrolled"), [(1, True), (2, True), (4, False)])
def test_is_the_papers_equations(directions, unrolled, monkeypatch):
    monkeypatch.setattr(module, "_is_unrolled", lambda diagonals: unrolled)
    layer = with_random_weights(MDLSTM(UNITS, directions))
    expected = transcription(IMAGES, layer.get_weights())
    np.testing.assert_allclose(said(layer), expected, atol=1e-5)


def test_the_gradient_of_each_weight(gradients_of):
    """In a random direction, against a difference of the loop's numbers."""
    layer = with_random_weights(MDLSTM(UNITS))
    pull = GENERATOR.normal(size=(2, 3, 5, 4 * UNITS))
    given = IMAGES.astype("float32")
    found = gradients_of(
        lambda: ops.sum(layer(given) * ops.cast(pull, "float32")), layer.trainable_variables
    )
    weights = [w.astype("float64") for w in layer.get_weights()]
    for n, (weight, gradient) in enumerate(zip(weights, found, strict=True)):
        way, sides = GENERATOR.normal(size=weight.shape), []
        for step in (1e-5, -1e-5):
            moved = [*weights[:n], weight + step * way, *weights[n + 1 :]]
            sides.append(np.sum(transcription(IMAGES, moved) * pull))
        expected = (sides[0] - sides[1]) / 2e-5
        assert np.sum(gradient * way) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_the_last_of_each_direction_is_in_the_corner_where_it_ends():
    layer = with_random_weights(MDLSTM(UNITS))
    every = np.split(said(layer), 4, axis=-1)
    layer.return_sequences = False
    corners = [(-1, -1), (0, 0), (0, -1), (-1, 0)]
    last = [h[:, *corner] for h, corner in zip(every, corners, strict=True)]
    np.testing.assert_allclose(said(layer), np.concatenate(last, axis=-1), atol=1e-6)


@pytest.mark.parametrize(
    ("merge_mode", "merged"),
    [("sum", np.sum), ("ave", np.mean), ("mul", np.prod)],
)
def test_directions_are_merged(merge_mode, merged):
    layer = with_random_weights(MDLSTM(UNITS, 2))
    apart = np.stack(np.split(said(layer), 2, axis=-1))
    layer.merge_mode = merge_mode
    np.testing.assert_allclose(said(layer), merged(apart, axis=0), atol=1e-6)


def test_each_direction_begins_with_weights_of_its_own():
    layer = MDLSTM(UNITS, 2, forget_bias=1.0)
    layer.build(IMAGES.shape)
    kernel, other, _, _, bias, *_ = layer.get_weights()
    assert np.abs(kernel - other).max() > 0.1
    np.testing.assert_array_equal(np.split(bias, 5), np.outer([0, 1, 1, 0, 0], np.ones(UNITS)))


def test_the_state_is_float32_in_half_precision():
    layer = with_random_weights(MDLSTM(UNITS, dtype="mixed_bfloat16"))
    assert keras.backend.standardize_dtype(layer(IMAGES).dtype) == "bfloat16"
    expected = transcription(IMAGES, layer.get_weights())
    found = ops.convert_to_numpy(ops.cast(layer(IMAGES), "float32"))
    np.testing.assert_allclose(found, expected, atol=0.03)
