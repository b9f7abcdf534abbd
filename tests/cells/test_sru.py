"""The simple recurrent unit against a transcription of its equations."""

import numpy as np
import pytest

from seqvision.cells import SRUCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, activation=np.tanh):
    units = w["bias"].size // 2
    blocks = np.split(w["kernel"], w["kernel"].shape[1] // units, axis=1)
    c, outputs = np.zeros((len(x), units)), []
    for x_t in x.transpose(1, 0, 2):
        f = sigmoid(x_t @ blocks[1] + w["bias"][:units])
        r = sigmoid(x_t @ blocks[2] + w["bias"][units:])
        c = f * c + (1 - f) * (x_t @ blocks[0])
        skip = x_t @ blocks[3] if len(blocks) == 4 else x_t
        outputs.append(r * activation(c) + (1 - r) * skip)
    return np.stack(outputs, 1), c


@pytest.mark.parametrize(
    ("units", "options", "blocks"),
    [(5, {}, 4), (6, {}, 3), (6, {"project_skip": True}, 4)],
)
def test_is_its_equations(x, run, randomise, units, options, blocks):
    cell = SRUCell(units, **options)
    weights = randomise(cell)
    assert weights["kernel"].shape == (6, blocks * units)
    outputs, (c,) = run(cell, x)
    expected = transcription(weights, x)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(c, expected[1], atol=1e-5)


def test_activation_is_used(x, run, randomise):
    cell = SRUCell(5, activation=None)
    weights = randomise(cell)
    expected = transcription(weights, x, activation=lambda v: v)
    np.testing.assert_allclose(run(cell, x)[0], expected[0], atol=1e-5)


def test_the_recurrence_is_linear_in_the_state(x, run, randomise):
    """What lets it be scanned in parallel: the gates do not look at the state."""
    cell = SRUCell(5)
    randomise(cell)
    generator = np.random.default_rng(4)
    a, b = (generator.normal(size=(2, 5)).astype("float32") for _ in range(2))
    last = [run(cell, x, [start])[1][0] for start in (a, b, a + b, np.zeros_like(a))]
    np.testing.assert_allclose(last[0] + last[1], last[2] + last[3], atol=1e-5)


@pytest.mark.parametrize("units", [4, 3])
def test_gradients(check_gradients, units):
    check_gradients(SRUCell(units, dtype="float64"))
