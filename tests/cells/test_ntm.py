"""The neural Turing machine against the equations of the paper, slot by slot."""

import keras
import numpy as np
import pytest

from seqvision.cells import NTMCell
from seqvision.errors import SeqvisionError

SMALL = {"memory_slots": 7, "memory_width": 3}


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def softmax(v):
    return np.exp(v) / np.exp(v).sum()


def softplus(v):
    return np.log1p(np.exp(v))


def address(p, old, memory, shift_range):
    """Section 3.3 for one head of one sequence."""
    slots, width = memory.shape
    key, (strength, gate), shift, sharpness = np.split(p, [width, width + 2, len(p) - 1])
    key, strength, gate = np.tanh(key), softplus(strength), sigmoid(gate)
    shift, sharpness = softmax(shift), 1 + softplus(sharpness[0])
    cosine = [key @ row / (np.linalg.norm(key) * np.linalg.norm(row)) for row in memory]  # (6)
    content = softmax(strength * np.array(cosine))  # (5)
    gated = gate * content + (1 - gate) * old  # (7)
    shifted = np.zeros(slots)
    for slot in range(slots):  # (8)
        for j in range(-shift_range, shift_range + 1):
            shifted[slot] += gated[(slot - j) % slots] * shift[j + shift_range]
    return shifted**sharpness / (shifted**sharpness).sum()  # (9)


def transcription(w, x, slots, width, reads=1, writes=1, shift_range=1, clip=20.0, learned=False):
    units, heads, each = w["bias"].size // 4, reads + writes, width + 2 * shift_range + 4
    first = np.tanh(w["first_memory"]).reshape(slots, width) if learned else 1e-6
    outputs, finals = [], []
    for sequence in x:
        h = c = np.zeros(units)
        r = np.tanh(w["first_reads"]).ravel()
        ws = [softmax(row) for row in w["first_addresses"]]
        memory = np.zeros((slots, width)) + first
        put = []
        for x_t in sequence:
            joint = np.concatenate([w["kernel"], w["recurrent_kernel"]])
            z = np.concatenate([x_t, r, h]) @ joint + w["bias"]
            i, f, g, o = np.split(z, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            p = np.clip(h @ w["head_kernel"] + w["head_bias"], -clip, clip)
            ws = [
                address(p[k * each : (k + 1) * each], ws[k], memory, shift_range)
                for k in range(heads)
            ]
            r = np.concatenate([ws[k] @ memory for k in range(reads)])
            pairs = p[heads * each :].reshape(writes, 2, width)
            for k in range(writes):
                memory = memory * (1 - np.outer(ws[reads + k], sigmoid(pairs[k, 0])))
            for k in range(writes):
                memory = memory + np.outer(ws[reads + k], np.tanh(pairs[k, 1]))
            out = np.concatenate([h, r]) @ w["output_kernel"] + w["output_bias"]
            put.append(np.clip(out, -clip, clip))
        outputs.append(put)
        finals.append([h, c, r, np.concatenate(ws), memory.ravel()])
    return np.array(outputs), [np.array(state) for state in zip(*finals, strict=True)]


@pytest.mark.parametrize(
    ("options", "reference"),
    [
        ({}, {}),
        ({"read_heads": 2, "write_heads": 3}, {"reads": 2, "writes": 3}),
        ({"shift_range": 3}, {"shift_range": 3}),
        ({"clip": 0.5}, {"clip": 0.5}),
        ({"clip": None}, {"clip": np.inf}),
        ({"memory_initial": "learned"}, {"learned": True}),
        ({"output_size": 4}, {}),
    ],
)
def test_is_its_equations(x, run, randomise, options, reference):
    cell = NTMCell(5, **SMALL, **options)
    weights = randomise(cell, scale=1.0)
    outputs, states = run(cell, x)
    expected, finals = transcription(weights, x, 7, 3, **reference)
    for got, want in zip((outputs, *states), (expected, *finals), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_sharpening_of_nearly_even_weights_stays_a_distribution():
    """128 weights of 1/128 to the power of 21 are zero in float32; their share is not."""
    cell = NTMCell(4)
    cell.build((None, 2))
    sharpest = np.zeros(cell.head_bias.shape, "float32")
    sharpest[25] = sharpest[51] = 100.0  # The last setting of both heads, clipped to 20.
    cell.head_bias.assign(sharpest)
    states = cell.get_initial_state(2)
    for _ in range(3):
        output, states = cell(np.zeros((2, 2), "float32"), states)
    assert np.isfinite(np.asarray(output)).all()
    np.testing.assert_allclose(np.asarray(states[3]).reshape(4, 128).sum(1), 1, atol=1e-5)


def test_starts_as_the_source_does():
    cell = NTMCell(100, forget_bias=3.0)
    cell.build((None, 28))
    w = {v.path.split("/", 1)[-1]: np.asarray(v) for v in cell.weights}
    limit = (6 / (28 + 20 + 100 + 400)) ** 0.5
    for name in ("kernel", "recurrent_kernel"):
        assert 0.95 * limit < np.abs(w[name]).max() <= limit
    for name, inputs in (("head_kernel", 100), ("output_kernel", 120)):
        # Cut at two deviations, a normal distribution keeps 0.88 of its deviation.
        assert w[name].std() == pytest.approx(0.88 * inputs**-0.5, rel=0.05)
        assert np.abs(w[name]).max() <= 2 * inputs**-0.5
    np.testing.assert_array_equal(w["bias"][100:200], 3)
    assert not np.any(w["bias"][:100]) and not np.any(w["bias"][200:])
    memory = np.asarray(cell.get_initial_state(3)[-1])
    assert memory.shape == (3, 128 * 20)
    np.testing.assert_allclose(memory, 1e-6)


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, option):
    plain, other = NTMCell(4, **SMALL), NTMCell(4, **SMALL, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


@pytest.mark.parametrize("options", [{}, {"memory_initial": "learned", "write_heads": 2}])
def test_runs_in_layers(check_in_layers, options):
    check_in_layers(lambda **more: NTMCell(5, **SMALL, **options, **more))


def test_fewer_slots_than_shifts_are_refused():
    message = (
        "memory_slots must be at least 5, as many as there are shifts with shift_range=2, got 4"
    )
    with pytest.raises(SeqvisionError, match=message):
        NTMCell(5, memory_slots=4, shift_range=2)


@pytest.mark.parametrize(
    "options", [{"read_heads": 2}, {"memory_initial": "learned", "write_heads": 2, "clip": None}]
)
def test_gradients(check_gradients, options):
    check_gradients(NTMCell(3, memory_slots=4, memory_width=2, dtype="float64", **options))


@pytest.mark.slow
def test_loads_as_it_was_saved(tmp_path):
    x = np.random.default_rng(0).normal(size=(8, 5, 6)).astype("float32")
    options = {"read_heads": 2, "write_heads": 2, "shift_range": 2, "memory_initial": "learned"}
    cell = NTMCell(5, **SMALL, **options, output_size=4, clip=3.0)
    model = keras.Sequential([keras.Input((5, 6)), keras.layers.RNN(cell)])
    model.compile("adam", "mse")
    model.train_on_batch(x, np.ones((8, 4)))  # `fit` waits at its end.
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)
