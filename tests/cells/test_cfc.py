"""The closed-form continuous-time cell against a transcription of its equations."""

import numpy as np
import pytest
from keras import ops

from seqvision.cells import CfCCell
from seqvision.errors import SeqvisionError

MODES = ["default", "no_gate", "pure"]


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, time, mode):
    """Hasani et al. 2021, the gated form and two others, of the backbone of [x, h].

    Args:
        x: `(batch, steps, features)`.
        time: `(batch, steps)`.
    """
    dense = [(np.concatenate([w["kernel"], w["recurrent_kernel"]]), w["bias"])]
    dense += [
        (w[f"{n}_kernel"], w[f"{n}_bias"]) for n in ("backbone_1", "head") if f"{n}_bias" in w
    ]
    h, outputs = np.zeros((len(x), w["recurrent_kernel"].shape[0])), []
    for x_t, t in zip(x.transpose(1, 0, 2), time.T, strict=True):
        u, t = np.concatenate([x_t, h], axis=1), t[:, None]
        for kernel, bias in dense[:-1]:
            u = 1.7159 * np.tanh(0.666 * (u @ kernel + bias))
        heads = u @ dense[-1][0] + dense[-1][1]
        if mode == "pure":
            h = w["limit"] - w["limit"] * heads * np.exp(-t * (np.abs(w["decay"]) + np.abs(heads)))
        else:
            g, k, a, b = np.split(heads, 4, axis=1)
            gate = sigmoid(-(a * t + b))
            g, k = np.tanh(g), np.tanh(k)
            h = g + (1 - gate) * k if mode == "no_gate" else gate * g + (1 - gate) * k
        outputs.append(h)
    return np.stack(outputs, 1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("time_feature", [None, 2, -1])
@pytest.mark.parametrize(
    "backbone",
    [{"backbone_units": 7}, {"backbone_units": 7, "backbone_layers": 2}, {"backbone_units": None}],
)
def test_is_its_equations(x, run, randomise, mode, time_feature, backbone):
    cell = CfCCell(5, mode=mode, time_feature=time_feature, **backbone)
    w = randomise(cell)
    time, rest = np.ones(x.shape[:2]), x
    if time_feature is not None:
        x = np.where(np.arange(6) == time_feature % 6, np.abs(x), x)
        time, rest = x[..., time_feature], np.delete(x, time_feature, axis=-1)
    outputs, (h,) = run(cell, x)
    expected = transcription(w, rest, time, mode)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_array_equal(h, outputs[:, -1])


@pytest.mark.parametrize(
    "option",
    [
        {"activation": "relu"},
        {"recurrent_activation": "relu"},
        {"backbone_activation": "tanh"},
        {"recurrent_dropout": 0.5},
    ],
)
def test_activations_and_dropout_are_used(x, run, randomise, option):
    plain, other = CfCCell(4, backbone_units=3), CfCCell(4, backbone_units=3, **option)
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x, training=True)[0]).max() > 1e-3


@pytest.mark.parametrize("mode", MODES)
def test_gradients_and_layers(check_gradients, check_in_layers, mode):
    def made(**more):
        return CfCCell(3, mode=mode, time_feature=0, backbone_units=4, **more)

    check_gradients(made(dtype="float64"), scale=0.4)
    check_in_layers(made)


def test_every_weight_of_a_pure_one_learns(gradients_of, x):
    """|w| has no gradient at 0, so w starts elsewhere."""
    cell = CfCCell(3, mode="pure")
    cell.build((None, 6))

    def loss():
        h = cell.get_initial_state(2)
        for t in range(2):
            h = cell(x[:, t], h)[1]
        return ops.sum(h[0] ** 2)

    for weight, gradient in zip(cell.weights, gradients_of(loss, cell.weights), strict=True):
        assert np.abs(gradient).min() > 0, weight.name


def test_an_input_without_the_time_is_refused():
    with pytest.raises(SeqvisionError, match=r"cfc: time_feature -7 .* the input has 6 features"):
        CfCCell(4, time_feature=-7).build((None, 6))
