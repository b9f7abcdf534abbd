"""The engine against Keras's own layers: outputs, every gradient, weights on disk, training."""

from contextlib import nullcontext

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops, tree

from seqvision import layers

BACKEND = keras.backend.backend()
PATH = {
    "tensorflow": "engine: unrolled",
    "jax": "engine: scan",
    "torch": "engine: PyTorch's own kernel",
}[BACKEND]
"""The path without the native operation."""


def portable(monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", "0")


KINDS = {
    "gru": ("GRU", {}),
    "gru_reset_before": ("GRU", {"reset_after": False}),
    "lstm": ("LSTM", {}),
    "simple_rnn": ("SimpleRNN", {}),
    "irnn": ("SimpleRNN", {"activation": "relu"}),
}


def pair(kind, features, units=4, seed=0, **options):
    """Our layer and Keras's with the same random weights."""
    name, own = KINDS[kind]
    ours = getattr(layers, name)(units, **own, **options)
    theirs = getattr(keras.layers, name)(units, **own, **options)
    generator = np.random.default_rng(seed)
    for layer in (ours, theirs):
        layer.build((None, None, features))
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]
    weights = [generator.normal(0, 0.5, w.shape) for w in theirs.trainable_weights]
    for layer in (ours, theirs):
        for variable, value in zip(layer.trainable_weights, weights, strict=True):
            variable.assign(value)
    return ours, theirs


def outputs_and_gradients(gradients_of, layer, x, states=None, **call):
    """Everything a layer returns, and the gradient of a mixture of it to everything."""
    given = [keras.Variable(value, dtype=value.dtype) for value in (x, *(states or []))]
    shown = []

    def mixture():
        x, *states = (ops.convert_to_tensor(variable) for variable in given)
        out = tree.flatten(layer(x, initial_state=states or None, **call))
        shown[:] = out
        return sum(ops.sum(ops.sin(3 * o)) for o in out)

    gradients = gradients_of(mixture, [*given, *layer.trainable_weights])
    mixture()
    return [ops.convert_to_numpy(o) for o in shown], gradients


def in_python():
    """JAX would compile each of many small examples, which takes far longer than they do."""
    if BACKEND != "jax":
        return nullcontext()
    import jax

    return jax.disable_jit()


def assert_same(ours, theirs, tolerance=1.0):
    for mine, keras_own in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-5 * tolerance)
    for mine, keras_own in zip(ours[1], theirs[1], strict=True):
        scale = np.abs(keras_own).max() + 1e-6
        np.testing.assert_allclose(mine / scale, keras_own / scale, atol=1e-4 * tolerance)


@settings(max_examples=5 if BACKEND == "jax" else 30, deadline=None)  # JAX compiles each shape.
@given(
    kind=st.sampled_from(sorted(KINDS)),
    batch=st.integers(1, 5),
    time=st.integers(1, 7),
    features=st.integers(1, 5),
    every_step=st.booleans(),
    last_states=st.booleans(),
    backwards=st.booleans(),
    bias=st.booleans(),
    given_states=st.booleans(),
    masked=st.sampled_from(["not", "repeats", "zeros"]),
    within=st.booleans(),
    cut=st.sampled_from([0, 1, 2, 3]),
    seed=st.integers(0, 99),
)
def test_any_shape_and_option(
    gradients_of,
    kind,
    batch,
    time,
    features,
    every_step,
    last_states,
    backwards,
    bias,
    given_states,
    masked,
    within,
    cut,
    seed,
):
    ours, theirs = pair(
        kind,
        features,
        seed=seed,
        return_sequences=every_step,
        return_state=last_states,
        go_backwards=backwards,
        use_bias=bias,
        zero_output_for_mask=masked == "zeros",
    )
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(batch, time, features)).astype("float32")
    count = 2 if kind == "lstm" else 1
    states = [generator.normal(size=(batch, 4)).astype("float32") for _ in range(count)]
    if BACKEND == "jax" and masked == "repeats":
        given_states = False  # At skipped first steps Keras gives the first state, elsewhere zeros.
    call = {"states": states if given_states else None}
    if masked != "not":
        lengths = generator.integers(0, time + 1, (batch, 1))
        shown = generator.random((batch, time)) < 0.6
        call["mask"] = shown if within else np.arange(time) < lengths
    with pytest.MonkeyPatch.context() as patch, in_python():
        if cut:  # Else it is the native operation, which knows no shards.
            portable(patch)
        if BACKEND == "tensorflow":
            patch.setattr("seqvision.layers.engine.shards.count", lambda batch: cut or 1)
        mine = outputs_and_gradients(gradients_of, ours, x, **call)
        expected = outputs_and_gradients(gradients_of, theirs, x, **call)
    assert_same(mine, expected)
    mask = call.get("mask", np.ones((1, 1), bool))
    if not cut:
        assert ours.path.startswith("native")
    elif BACKEND == "torch" and kind == "gru_reset_before":
        assert ours.path == "keras: PyTorch's GRU resets after the product"
    elif BACKEND == "torch" and (mask[:, 1:] > mask[:, :-1]).any():
        assert ours.path == "keras: the mask hides steps before others that it does not"
    elif (
        BACKEND == "torch"
        and "mask" in call
        and (kind == "irnn" or (kind == "lstm" and last_states))
    ):
        assert ours.path == f"{PATH}, packed"
    else:
        assert ours.path == PATH


def test_what_a_relu_network_would_read_of_padding_does_not_matter(gradients_of, monkeypatch):
    """Here it would grow twofold at each step, beyond all numbers, and infinity times 0 is NaN."""
    portable(monkeypatch)
    ours, _ = pair("irnn", 1, units=1)
    ours.set_weights([np.array([[1.0]]), np.array([[2.0]]), np.array([1.0])])
    x = np.ones((2, 300, 1), "float32")
    mask = np.arange(300) < [[3], [2]]
    outputs, gradients = outputs_and_gradients(gradients_of, ours, x, mask=mask)
    np.testing.assert_allclose(outputs[0], [[14.0], [6.0]])  # h = 1 + 1 + 2 h
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5)])
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_dropout_with_the_masks_that_keras_would_draw(gradients_of, kind, rates, cut, monkeypatch):
    """Keras drops out the input of each gate apart as soon as the state is dropped out too."""
    dropout = dict(zip(("dropout", "recurrent_dropout"), rates, strict=True))
    ours, theirs = pair(kind, 3, return_sequences=True, **dropout)
    generator = np.random.default_rng(3)
    x = generator.normal(size=(4, 5, 3)).astype("float32")
    count = getattr(theirs.cell, "dropout_mask_count", None)

    def masks(rate, size):
        drawn = [2.0 * (generator.random((4, size)) < 0.5) for _ in range(count or 1)]
        drawn = [ops.convert_to_tensor(mask.astype("float32")) for mask in drawn]
        return None if not rate else drawn if count else drawn[0]

    of_input, of_state = masks(rates[0], 3), masks(rates[1], 4)
    for layer in (ours, theirs):
        monkeypatch.setattr(layer.cell, "get_dropout_mask", lambda x: of_input)
        monkeypatch.setattr(layer.cell, "get_recurrent_dropout_mask", lambda x: of_state)
    if cut:
        portable(monkeypatch)
    if BACKEND == "tensorflow":
        monkeypatch.setattr("seqvision.layers.engine.shards.count", lambda batch: cut or 1)
    mine = outputs_and_gradients(gradients_of, ours, x, training=True)
    assert_same(mine, outputs_and_gradients(gradients_of, theirs, x, training=True))
    if not cut and not count:
        assert ours.path.startswith("native")
    elif BACKEND != "torch":
        assert ours.path == PATH


def test_gradients_against_finite_differences_in_float64(gradients_of):
    # On JAX and PyTorch some of Keras's operations give float64 no more digits than float32.
    epsilon = 1e-6 if BACKEND == "tensorflow" else 1e-3

    def total(x, layer):
        return np.sin(3 * np.asarray(layer(ops.convert_to_tensor(x, "float64")))).sum()

    for kind in KINDS:
        ours, _ = pair(kind, 2, units=3, dtype="float64")
        x = np.random.default_rng(2).normal(size=(2, 4, 2))
        (_, gradients) = outputs_and_gradients(gradients_of, ours, x)
        variables = [None, *ours.trainable_weights]
        for variable, gradient in zip(variables, gradients, strict=True):
            place = tuple(n // 2 for n in gradient.shape)
            value = x.copy() if variable is None else np.array(ops.convert_to_numpy(variable))

            def loss(shift, variable=variable, value=value, place=place, ours=ours, x=x):
                moved = value.copy()
                moved[place] += shift
                if variable is None:
                    return total(moved, ours)
                variable.assign(moved)
                return total(x, ours)

            numeric = (loss(epsilon) - loss(-epsilon)) / (2 * epsilon)
            loss(0.0)
            assert gradient[place] == pytest.approx(numeric, abs=epsilon), kind


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_says_when_keras_runs_and_why(option):
    layer, theirs = layers.GRU(4, **{option: "relu"}), keras.layers.GRU(4, **{option: "relu"})
    x = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    result = layer(x)
    assert layer.path == "keras: its activations are not tanh and sigmoid"
    theirs.build(x.shape)
    theirs.set_weights(layer.get_weights())
    np.testing.assert_allclose(result, theirs(x), atol=1e-6)


@pytest.mark.skipif(BACKEND != "torch", reason="elsewhere the engine draws them too")
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"recurrent_dropout": 0.5}, "the state is dropped out"),
        ({"unroll": True}, "unroll is True"),
    ],
)
def test_says_what_pytorchs_own_kernels_cannot(options, reason, monkeypatch):
    portable(monkeypatch)
    layer = layers.GRU(4, **options)
    layer(np.zeros((2, 3, 3), "float32"), training=True)
    assert layer.path == f"keras: {reason}"


def test_dropout_of_inputs_is_one_mask_for_all_steps():
    layer = layers.LSTM(4, dropout=0.5, return_sequences=True)
    ones = np.ones((200, 3, 8), "float32")
    layer(ones)
    seen = []
    cell = layer.cell
    original = cell.get_dropout_mask
    cell.get_dropout_mask = lambda x: seen.append(original(x)) or seen[-1]
    dropped = layer(ones, training=True)
    assert layer.path.startswith("native")
    mask = np.asarray(seen[-1])
    assert set(np.unique(mask)) == {0.0, 2.0} and 0.4 < (mask == 0).mean() < 0.6
    np.testing.assert_allclose(dropped, layer(ones * mask[:, None]), atol=1e-5)


def test_stateful_carries_its_state_on():
    ours, theirs = layers.GRU(4, stateful=True), keras.layers.GRU(4)
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    ours(x[:, :4])
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x[:, 4:]), theirs(x), atol=1e-5)
    ours.reset_state()
    np.testing.assert_allclose(ours(x[:, :2]), theirs(x[:, :2]), atol=1e-5)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_bidirectional(kind):
    ours, theirs = pair(kind, 3, return_sequences=True)
    both = [layers.Bidirectional(ours), keras.layers.Bidirectional(theirs)]
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    for layer in both:
        layer.build(x.shape)
    both[1].set_weights(both[0].get_weights())
    for mask in (None, np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1]], bool)):
        np.testing.assert_allclose(*(layer(x, mask=mask) for layer in both), atol=1e-5)


def test_bidirectional_hands_on_training_and_is_saved(tmp_path):
    inputs = keras.Input((5, 3))
    both = layers.Bidirectional(layers.GRU(4, dropout=0.9, seed=0))
    model = keras.Model(inputs, both(inputs))
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    expected = ops.convert_to_numpy(model(x))
    assert np.abs(ops.convert_to_numpy(model(x, training=True)) - expected).max() > 1e-3
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[-1]) is layers.Bidirectional
    np.testing.assert_allclose(again(x), expected, atol=1e-6)


@pytest.mark.parametrize("native", ["0", "1"])
def test_bfloat16_products_with_float32_states(native, monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", native)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(4, 28, 8)).astype("float32")
    for kind in ("gru", "lstm"):
        exact, _ = pair(kind, 8, units=32)
        half, keras_half = pair(kind, 8, units=32, dtype="mixed_bfloat16")
        result = half(x)
        assert keras.backend.standardize_dtype(result.dtype) == "bfloat16"
        assert half.path == PATH if native == "0" else half.path != "keras"
        error, keras_error = (
            np.abs(np.asarray(ops.cast(layer(x), "float32")) - np.asarray(exact(x))).mean()
            for layer in (half, keras_half)
        )
        assert error < 0.02
        if BACKEND != "torch":
            assert error < keras_error  # Keras keeps the state itself in bfloat16.


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_weights_go_from_keras_to_ours_and_back(suffix, tmp_path):
    def model(home):
        keras.utils.set_random_seed(len(home.__name__))
        return keras.Sequential(
            [keras.Input((5, 3)), home.GRU(4, return_sequences=True), home.LSTM(4)]
        )

    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    for first, second in ((keras.layers, layers), (layers, keras.layers)):
        source, target = model(first), model(second)
        path = tmp_path / f"{first.__name__}{suffix}"
        source.save_weights(path) if suffix == ".weights.h5" else source.save(path)
        assert np.abs(np.asarray(source(x)) - np.asarray(target(x))).max() > 1e-3
        target.load_weights(path)
        np.testing.assert_allclose(target(x), source(x), atol=1e-6)


def test_two_trainings_stay_together():
    x = np.random.default_rng(0).normal(size=(64, 10, 4)).astype("float32")
    y = (x.sum(axis=(1, 2)) > 0).astype(int)

    def epoch(model):  # By single batches: `fit` waits at its end.
        model.reset_metrics()
        model.train_on_batch(x[:32], y[:32])
        return model.train_on_batch(x[32:], y[32:])

    losses, models = [], []
    for home in (layers, keras.layers):
        model = keras.Sequential([keras.Input((10, 4)), home.GRU(8), keras.layers.Dense(2)])
        if models:
            model.set_weights(models[0])
        models.append(model.get_weights())
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss)
        losses.append([epoch(model) for _ in range(25)])
    assert losses[0][-1] < 0.5 * losses[0][0]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
