"""The engine against Keras's own layers: outputs, every gradient, weights on disk, training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from seqvision import layers
from seqvision.layers.engine import loop, shards

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


def outputs_and_gradients(layer, x, states=None, compiled=True, **call):
    """Everything a layer returns, and the gradient of a random mixture of it to everything."""
    x = tf.constant(x)
    states = [tf.constant(s) for s in states or []]
    weights = [w.value for w in layer.trainable_weights]

    def compute(x, states):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            out = tf.nest.flatten(layer(x, initial_state=states or None, **call))
            mixture = sum(tf.reduce_sum(tf.sin(3 * o)) for o in out)
        return out, tape.gradient(mixture, [x, *states, *weights])

    return (tf.function(compute) if compiled else compute)(x, states)


def assert_same(ours, theirs, tolerance=1.0):
    for mine, keras_own in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-5 * tolerance)
    for mine, keras_own in zip(ours[1], theirs[1], strict=True):
        scale = np.abs(keras_own).max() + 1e-6
        np.testing.assert_allclose(mine / scale, keras_own / scale, atol=1e-4 * tolerance)


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    batch=st.integers(1, 5),
    time=st.integers(1, 7),
    features=st.integers(1, 5),
    every_step=st.booleans(),
    backwards=st.booleans(),
    bias=st.booleans(),
    given_states=st.booleans(),
    masked=st.sampled_from(["not", "repeats", "zeros"]),
    cut=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_any_shape_and_option(
    kind, batch, time, features, every_step, backwards, bias, given_states, masked, cut, seed
):
    ours, theirs = pair(
        kind,
        features,
        seed=seed,
        return_sequences=every_step,
        return_state=True,
        go_backwards=backwards,
        use_bias=bias,
        zero_output_for_mask=masked == "zeros",
    )
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(batch, time, features)).astype("float32")
    count = 2 if kind == "lstm" else 1
    states = [generator.normal(size=(batch, 4)).astype("float32") for _ in range(count)]
    call = {"states": states if given_states else None, "compiled": False}
    if masked != "not":
        call["mask"] = generator.random((batch, time)) < 0.6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "count", lambda batch: cut)
        mine = outputs_and_gradients(ours, x, **call)
    assert_same(mine, outputs_and_gradients(theirs, x, **call))
    assert ours.path == "engine: unrolled"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", [6, 9])
@pytest.mark.parametrize("masked", [False, True])
def test_unrolled_and_looped_compiled(kind, time, masked, monkeypatch):
    monkeypatch.setattr(loop, "UNROLLED_UP_TO", 8)
    ours, theirs = pair(kind, 3, return_sequences=True)
    x = np.random.default_rng(1).normal(size=(2, time, 3)).astype("float32")
    call = {"mask": np.arange(2 * time).reshape(2, time) % 3 > 0} if masked else {}
    assert_same(outputs_and_gradients(ours, x, **call), outputs_and_gradients(theirs, x, **call))
    assert ours.path == ("engine: unrolled" if time == 6 else "engine: while loop")


def test_gradients_against_finite_differences_in_float64():
    for kind in KINDS:
        ours, _ = pair(kind, 2, units=3, dtype="float64")
        x = np.random.default_rng(2).normal(size=(2, 4, 2))
        (_, gradients) = outputs_and_gradients(ours, x, compiled=False)
        variables = [None, *ours.trainable_weights]
        for variable, gradient in zip(variables, gradients, strict=True):
            place = tuple(n // 2 for n in gradient.shape)
            value = x.copy() if variable is None else variable.numpy()

            def loss(shift, variable=variable, value=value, place=place, ours=ours, x=x):
                moved = value.copy()
                moved[place] += shift
                if variable is None:
                    return np.sin(3 * ours(moved).numpy()).sum()
                variable.assign(moved)
                return np.sin(3 * ours(x).numpy()).sum()

            numeric = (loss(1e-6) - loss(-1e-6)) / 2e-6
            loss(0.0)
            assert gradient.numpy()[place] == pytest.approx(numeric, abs=1e-6), kind


@pytest.mark.parametrize("kind", KINDS)
def test_dynamic_batch_and_time_in_one_graph(kind):
    ours, theirs = pair(kind, 3, return_sequences=True)
    graph = tf.function(
        lambda x: ours(x), input_signature=[tf.TensorSpec((None, None, 3), tf.float32)]
    )
    for shape in ((2, 5, 3), (1, 9, 3), (4, 1, 3)):
        x = np.random.default_rng(0).normal(size=shape).astype("float32")
        np.testing.assert_allclose(graph(tf.constant(x)), theirs(x), atol=1e-5)
    assert ours.path == "engine: while loop"


@pytest.mark.parametrize("kind", ["gru", "lstm"])
@pytest.mark.parametrize("time", [5, 70])
def test_xla_gives_the_same(kind, time):
    ours, theirs = pair(kind, 3)
    x = np.random.default_rng(0).normal(size=(2, time, 3)).astype("float32")
    compiled = tf.function(lambda x: ours(x), jit_compile=True)
    np.testing.assert_allclose(compiled(tf.constant(x)), theirs(x), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "call", "reason"),
    [
        ({"activation": "relu"}, {}, "its activations are not tanh and sigmoid"),
        ({"recurrent_dropout": 0.5}, {"training": True}, "the state is dropped out"),
        ({"recurrent_activation": "relu"}, {}, "its activations are not tanh and sigmoid"),
    ],
)
def test_says_when_keras_runs_and_why(options, call, reason):
    layer = layers.GRU(4, **options)
    x = np.random.default_rng(0).normal(size=(2, 3, 3)).astype("float32")
    result = layer(x, **call)
    assert layer.path == f"keras: {reason}"
    if "training" not in call:
        theirs = keras.layers.GRU(4, **options)
        theirs.build(x.shape)
        theirs.set_weights(layer.get_weights())
        np.testing.assert_allclose(result, theirs(x, **call), atol=1e-6)


def test_dropout_of_inputs_is_one_mask_for_all_steps():
    layer = layers.LSTM(4, dropout=0.5, return_sequences=True)
    ones = np.ones((200, 3, 8), "float32")
    layer(ones)
    seen = []
    cell = layer.cell
    original = cell.get_dropout_mask
    cell.get_dropout_mask = lambda x: seen.append(original(x)) or seen[-1]
    dropped = layer(ones, training=True)
    assert layer.path == "engine: unrolled"
    mask = seen[-1].numpy()
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
    both = [keras.layers.Bidirectional(layer) for layer in (ours, theirs)]
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    first, second = (layer(x) for layer in both)
    both[1].set_weights(both[0].get_weights())
    np.testing.assert_allclose(first, both[1](x), atol=1e-5)
    assert second.shape == first.shape


def test_bfloat16_products_with_float32_states():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(4, 28, 8)).astype("float32")
    for kind in ("gru", "lstm"):
        exact, _ = pair(kind, 8, units=32)
        half, keras_half = pair(kind, 8, units=32, dtype="mixed_bfloat16")
        result = half(x)
        assert result.dtype == "bfloat16" and half.path == "engine: unrolled"
        error, keras_error = (
            np.abs(np.asarray(layer(x), "float32") - exact(x)).mean()
            for layer in (half, keras_half)
        )
        assert error < 0.02
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
        assert np.abs(source(x) - target(x)).max() > 1e-3
        target.load_weights(path)
        np.testing.assert_allclose(target(x), source(x), atol=1e-6)


def test_two_trainings_stay_together():
    x = np.random.default_rng(0).normal(size=(64, 10, 4)).astype("float32")
    y = (x.sum(axis=(1, 2)) > 0).astype(int)
    losses, models = [], []
    for home in (layers, keras.layers):
        model = keras.Sequential([keras.Input((10, 4)), home.GRU(8), keras.layers.Dense(2)])
        if models:
            model.set_weights(models[0])
        models.append(model.get_weights())
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss)
        history = model.fit(x, y, batch_size=32, epochs=25, shuffle=False, verbose=0)
        losses.append(history.history["loss"])
    assert losses[0][-1] < 0.5 * losses[0][0]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


def test_an_exported_model_computes_the_same(tmp_path):
    model = keras.Sequential([keras.Input((5, 3)), layers.LSTM(4)])
    model.export(tmp_path / "exported", verbose=False)
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(x), model(x), atol=1e-6)
