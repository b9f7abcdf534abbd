"""Every argument of Keras's layers has its effect in ours: a walk through their signatures."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops, tree
from slow import all_but

from seqvision import layers
from seqvision.cells import UGRNNCell

BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0], [0, 1, 1, 0, 0]], bool)

# For each argument a value that is not the default; one that is new in Keras is missed here.
OTHER = {
    "units": 6,
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": False,
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_uniform",
    "bias_initializer": "ones",
    "unit_forget_bias": False,
    "kernel_regularizer": "l2",
    "recurrent_regularizer": "l1",
    "bias_regularizer": "l1",
    "activity_regularizer": "l2",
    "kernel_constraint": "non_neg",
    "recurrent_constraint": "max_norm",
    "bias_constraint": "non_neg",
    "dropout": 0.5,
    "recurrent_dropout": 0.5,
    "seed": 7,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "unroll": True,
    "reset_after": False,
    "use_cudnn": False,
    "zero_output_for_mask": True,
    "cell": lambda _: keras.layers.StackedRNNCells([UGRNNCell(5), keras.layers.GRUCell(4)]),
    "layer": lambda home: home.LSTM(3, seed=1),
    "merge_mode": "mul",
    "weights": None,  # Keras 3.15 takes them and does nothing with them.
    "backward_layer": lambda home: home.GRU(4, go_backwards=True, seed=1),
}
# What `**kwargs` takes too. (`implementation=1` with dropout fails in Keras 3.15 itself.)
OTHER_KINDS = {
    "GRU": {"zero_output_for_mask": True, "dtype": "float64"},
    "LSTM": {"zero_output_for_mask": True, "trainable": False},
    "SimpleRNN": {"zero_output_for_mask": True},
    "RNN": {"dtype": "float64"},
    "Bidirectional": {},
}
FIRST = {
    "RNN": lambda home: {"cell": UGRNNCell(4)},
    "Bidirectional": lambda home: {"layer": home.GRU(4, seed=1)},
}


def arguments():
    for kind, more in OTHER_KINDS.items():
        signature = inspect.signature(getattr(keras.layers, kind).__init__)
        named = [name for name in signature.parameters if name not in ("self", "kwargs")]
        yield from [(kind, name, OTHER[name]) for name in named]
        yield from [(kind, *item) for item in more.items()]


def made(home, kind, name, value):
    """A layer with one argument of another value, its weights drawn from the same seed."""
    keras.utils.set_random_seed(0)
    ours = "Recurrent" if (kind, home) == ("RNN", layers) else kind
    first = FIRST[kind](home) if kind in FIRST else {"units": 4, "seed": 1, "dropout": 0.1}
    value = value(home) if callable(value) else value
    layer = getattr(home, ours)(**{**first, name: value})
    layer.build(X.shape)
    return layer


def shown(layer):
    """All that a layer gives, and what it adds to a loss."""
    calls = [{}, {"mask": MASK}, {"training": True}, {}]
    outs = [tree.flatten(layer(X, **call)) for call in calls]
    return [ops.convert_to_numpy(out) for out in tree.flatten([outs, layer.losses])]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    all_but([each for each in arguments() if each[0] not in ("GRU", "SimpleRNN")], arguments()),
)
def test_an_argument_does_what_it_does_in_keras(kind, name, value):
    ours, theirs = (made(home, kind, name, value) for home in (layers, keras.layers))
    config = theirs.get_config()
    theirs.use_cudnn = False  # Keras's loop; its other way on JAX takes no float64.
    for mine, keras_own in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(mine, keras_own)
        assert type(mine.constraint) is type(keras_own.constraint)
        assert mine.trainable == keras_own.trainable
    for mine, keras_own in zip(shown(ours), shown(theirs), strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-5)
    if name not in ("cell", "layer", "backward_layer"):
        again = type(ours).from_config(ours.get_config())
        assert again.get_config() == ours.get_config()
        assert ours.get_config().get(name) == config.get(name)


@pytest.mark.parametrize("native", ["0", "1"])
@pytest.mark.parametrize("cell", [False, True])
@pytest.mark.parametrize(
    ("unroll", "steps", "path"),
    [
        (None, 5, "engine: unrolled"),
        (None, 70, "engine: while loop"),
        (True, 70, "engine: unrolled"),
        (False, 5, "engine: while loop"),
    ],
)
@pytest.mark.tensorflow
def test_unroll_is_as_one_says(cell, unroll, steps, path, native, monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", native)
    options = {} if unroll is None else {"unroll": unroll}
    layer = layers.Recurrent(UGRNNCell(3), **options) if cell else layers.LSTM(3, **options)
    x = np.random.default_rng(0).normal(size=(2, steps, 4)).astype("float32")
    out = layer(x)
    if native == "1" and not cell and not unroll:
        assert layer.path.startswith("native")
    else:
        assert layer.path == path
    theirs = keras.layers.RNN(layer.cell)
    np.testing.assert_allclose(out, theirs(x), atol=1e-5)
    assert type(layer).from_config(layer.get_config()).unroll is unroll


def test_unroll_on_other_backends():
    path = {
        "jax": "engine: scan, unrolled",
        "torch": "keras: unroll is True",
        "tensorflow": "engine: unrolled",
    }[BACKEND]
    layer = layers.GRU(3, unroll=True)
    layer(X)
    assert layer.path == path
    signature = inspect.signature(layers.GRU)
    assert signature.parameters["unroll"].default is None
    assert list(signature.parameters) == list(inspect.signature(keras.layers.GRU).parameters)


def test_only_keras_can_use_cudnn():
    layer = layers.GRU(3, use_cudnn=True)
    if BACKEND == "tensorflow":
        with pytest.raises(ValueError, match="use_cudnn=True was specified"):
            layer(X)
    else:
        layer(X)  # Keras takes other kernels for it.
    assert layer.path == "keras: use_cudnn is True"
