"""Sequencer and ReNet against loops over the lines of a grid, and Sequencer's published size."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.special import erf, expit

from seqvision import create_model
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.build import _planned
from seqvision.runs.flops import flops_per_image

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 3), dtype=np.uint8).astype("float32")


def made(family, **options):
    """A model with weights far from what they begin with, and these by layer."""
    model = create_model(family, IMAGES.shape[1:], 3, **options)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.4, w.shape) for w in model.get_weights()])
    return model, {layer.name: layer.get_weights() for layer in model.layers}


def dense(x, kernel, bias):
    return x @ kernel + bias


def norm(x, gamma, beta):
    x = x - x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6) * gamma + beta


def lstm(x, states, kernel, recurrent, bias):
    h, c = states
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def gru(x, states, kernel, recurrent, bias):
    h = states[0]
    xz, xr, xn = np.split(x @ kernel + bias[0], 3, axis=-1)
    hz, hr, hn = np.split(h @ recurrent + bias[1], 3, axis=-1)
    z, r = expit(xz + hz), expit(xr + hr)
    h = z * h + (1 - z) * np.tanh(xn + r * hn)
    return h, h


def swept(cell, grid, weights, lines):
    """What two directions make of each line: `(batch, rows, columns, 2 · units)`."""
    batch, rows, columns, _ = grid.shape
    units = weights[1].shape[0]
    found = np.zeros((batch, rows, columns, 2 * units))
    count, steps = (rows, columns) if lines == "rows" else (columns, rows)
    for line, back in product(range(count), (False, True)):
        h = c = np.zeros((batch, units))
        for step in reversed(range(steps)) if back else range(steps):
            i, j = (line, step) if lines == "rows" else (step, line)
            h, c = cell(grid[:, i, j], (h, c), *weights[3 * back : 3 * back + 3])
            found[:, i, j, back * units : (back + 1) * units] = h
    return found


def cut(grid, size):
    """Square patches, of which the last ends at the border."""
    _, height, width, _ = grid.shape
    tops, lefts = (
        [min(n, length - size) for n in range(0, length, size)] for length in (height, width)
    )
    flat = [[grid[:, t : t + size, s : s + size].reshape(2, -1) for s in lefts] for t in tops]
    return np.moveaxis(np.array(flat), 2, 0)


def test_sequencer_is_the_papers_equations():
    model, w = made("sequencer", patch_size=[2, 2], units=[8, 12], depth=[2, 1])
    x = IMAGES / 255
    for stage, blocks in ((1, 2), (2, 1)):
        x = dense(cut(x, 2), *w[f"encoder_{stage}"])
        for n in range(1, blocks + 1):
            lines, wide = f"lines_{stage}_{n}", f"mlp_{stage}_{n}"
            normed = norm(x, *w[f"{lines}_norm"])
            read = [swept(lstm, normed, w[f"{lines}_{way}"], way) for way in ("columns", "rows")]
            x = x + dense(np.concatenate(read, -1), *w[f"{lines}_out"])
            z = dense(norm(x, *w[f"{wide}_norm"]), *w[f"{wide}_hidden"])
            x = x + dense(z * (1 + erf(z / np.sqrt(2))) / 2, *w[f"{wide}_out"])
    assert x.shape == (2, 2, 2, 12) and w["lines_2_1_rows"][1].shape == (3, 12)
    expected = dense(norm(x, *w["norm"]).mean(axis=(1, 2)), *w["logits"])
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


@pytest.mark.parametrize(("cell", "step"), [("gru", gru), ("lstm", lstm)])
def test_renet_is_the_papers_equations(cell, step):
    model, w = made("renet", cell=cell, units=[4, 3], patch_size=[2, 1], dense=[7])
    x = cut(IMAGES / 255, 2)
    for layer in (1, 2):
        for lines in ("columns", "rows"):
            x = swept(step, x, w[f"{lines}_{layer}"], lines)
    hidden = np.maximum(0, dense(x.reshape(2, -1), *w["dense_1"]))
    np.testing.assert_allclose(model(IMAGES), dense(hidden, *w["logits"]), atol=1e-5)


def test_a_cell_counts_at_every_place_of_a_sweep():
    options = {"units": [5], "cell": "simple_rnn", "dense": []}
    model = create_model("renet", (6, 5), 3, **options)
    places, columns, rows = 3 * 3, 2 * (4 + 5) * 5, 2 * (10 + 5) * 5
    assert flops_per_image(model) == 2 * (places * (columns + rows) + places * 10 * 3)


def test_sequencer_has_the_parameters_of_sequencer2d_s():
    options = {"units": [192, 384, 384, 384], "depth": [4, 3, 8, 3], "patch_size": [7, 2, 1, 1]}
    variables = _planned(lambda: FAMILIES.get("sequencer")((224, 224, 3), 1000, **options))
    # PyTorch's LSTM has two biases a gate, and a block has four LSTMs of 48 or 96 units.
    more_biases = 4 * 4 * (4 * 48 + 14 * 96)
    assert sum(math.prod(v.shape) for v in variables if v.trainable) == 27_651_688 - more_biases


@pytest.mark.parametrize(
    ("family", "options", "message"),
    [
        ("sequencer", {"depth": [1, 2, 3]}, "sequencer: depth: expected one number for each of 2"),
        ("sequencer", {"patch_size": [2, 1, 1]}, r"patch_size: expected at most .* got \[2, 1, 1"),
        ("renet", {"patch_size": [2]}, "renet: patch_size: expected one number for each of 2 lay"),
    ],
)
def test_a_list_of_another_length_is_told(family, options, message):
    with pytest.raises(SeqvisionError, match=message):
        create_model(family, (6, 5), 3, units=[4, 4], **options)
