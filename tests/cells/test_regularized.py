"""Keras's regularizers, constraints and recurrent dropout reach the cells that have the weights."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import create_model
from seqvision.cells import CELLS, IndRNNCell, PeepholeLSTMCell
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.regularized import RegularizedCell
from seqvision.cells.wrappers import ResidualWrapper
from seqvision.errors import SeqvisionError
from seqvision.layers import Recurrent

OURS = [name for name in CELLS.names() if issubclass(CELLS.get(name), RegularizedCell)]
MASKED = [name for name in OURS if issubclass(CELLS.get(name), RecurrentDropout)]
MASKED.remove("weight_norm_lstm")  # A mask in its kernel would change the norms.


def cell_of(name, **options):
    return CELLS.get(name)(6, **options)


@pytest.mark.parametrize("name", OURS)
def test_each_regularizer_is_of_its_weights(name):
    parts = {"kernel": 0.1, "recurrent": 0.01, "bias": 0.001}
    regularizers = {f"{part}_regularizer": keras.regularizers.L2(f) for part, f in parts.items()}
    cell = cell_of(name, **regularizers)
    Recurrent(cell)(np.ones((2, 3, 12), "float32"))
    own = cell.trainable_weights
    if name == "attention":
        own = own[: -len(cell.cell.trainable_weights)]
    expected = 0.0
    for weight in own:
        part = (
            "recurrent" if weight.name.endswith("recurrent_kernel") else weight.name.split("_")[-1]
        )
        expected += parts.get(part, 0.0) * float(ops.sum(ops.square(weight)))
    assert expected > 0
    assert float(sum(cell.losses)) == pytest.approx(expected, rel=1e-5)


def test_constraints_hold_after_a_step_and_all_is_saved(tmp_path):
    cell = PeepholeLSTMCell(
        4,
        kernel_constraint=keras.constraints.MaxNorm(0.1),
        recurrent_constraint="unit_norm",
        bias_constraint="non_neg",
        recurrent_regularizer=keras.regularizers.L1(0.3),
        recurrent_dropout=0.2,
        seed=7,
    )
    model = keras.Sequential([keras.Input((3, 5)), Recurrent(cell)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 3, 5)).astype("float32")
    model.train_on_batch(x, np.ones((8, 4)))
    norms = [np.linalg.norm(w, axis=0) for w in (cell.kernel, cell.recurrent_kernel)]
    np.testing.assert_array_less(norms[0], 0.1 + 1e-5)
    np.testing.assert_allclose(norms[1], 1, atol=1e-5)
    assert np.min(cell.bias) >= 0
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.layers[0].cell.get_config() == cell.get_config()
    assert float(loaded.layers[0].cell.recurrent_regularizer.l1) == pytest.approx(0.3)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)


def test_two_constraints_of_the_same_weights_are_one_too_many():
    IndRNNCell(3, recurrent_constraint="non_neg")
    with pytest.raises(SeqvisionError, match="give either it or recurrent_constraint"):
        IndRNNCell(3, recurrent_clip=0.5, recurrent_constraint="non_neg")


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("layer", [Recurrent, keras.layers.RNN])
def test_recurrent_dropout_is_a_kernel_whose_rows_are_masked(name, layer, randomise, monkeypatch):
    """The mask of a sequence falls on the state where it meets the kernel, and nowhere else."""
    options = {"groups": 2} if name == "grouped_lstm" else {}
    plain, dropping = (cell_of(name, recurrent_dropout=p, seed=1, **options) for p in (0.0, 0.5))
    randomise(plain)
    randomise(dropping)
    drawn = []
    draw = dropping.get_recurrent_dropout_mask
    monkeypatch.setattr(
        dropping, "get_recurrent_dropout_mask", lambda h: drawn.append(draw(h)) or drawn[-1]
    )
    x = np.random.default_rng(2).normal(size=(1, 4, 6)).astype("float32")
    got = np.asarray(layer(dropping, return_sequences=True)(x, training=True))
    mask = ops.convert_to_numpy(drawn[0])[0]
    assert {*mask.tolist()} == {0.0, 2.0}
    own = [weight for weight in plain.weights if "recurrent_kernel" in weight.name]
    kernels = [np.array(ops.convert_to_numpy(weight)) for weight in own]
    for weight, kernel in zip(own, kernels, strict=True):
        # (n, m), a vector of n for each gate, or (groups, n / groups, m).
        masked = mask.reshape(-1, kernel.shape[1], 1) if kernel.ndim == 3 else mask[:, None]
        masked = np.tile(mask, kernel.size // 6) if kernel.ndim == 1 else masked
        weight.assign(kernel * masked)
    inference = np.asarray(layer(dropping, return_sequences=True)(x))
    expected = layer(plain, return_sequences=True)(x, training=True)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    for weight, kernel in zip(own, kernels, strict=True):
        weight.assign(kernel)
    np.testing.assert_allclose(inference, layer(plain, return_sequences=True)(x), atol=1e-5)


def test_it_is_keras_lstm_with_one_mask_for_all_gates(monkeypatch):
    options = {"recurrent_dropout": 0.5, "seed": 3}
    ours = Recurrent(PeepholeLSTMCell(5, use_peepholes=False, **options), return_sequences=True)
    theirs = keras.layers.RNN(keras.layers.LSTMCell(5, **options), return_sequences=True)
    x = np.random.default_rng(2).normal(size=(2, 4, 6)).astype("float32")
    ours.build(x.shape), theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    mask = keras.random.dropout(ops.ones((2, 5)), 0.5, seed=keras.random.SeedGenerator(3))
    monkeypatch.setattr(theirs.cell, "get_recurrent_dropout_mask", lambda h: [mask] * 4)
    np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), atol=1e-5)


def test_each_batch_has_masks_of_its_own_in_a_wrapper_too():
    layer = Recurrent(ResidualWrapper(PeepholeLSTMCell(64, recurrent_dropout=0.5, seed=3)))
    x = np.random.default_rng(2).normal(size=(2, 4, 6)).astype("float32")
    first, second = (ops.convert_to_numpy(layer(x, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_a_family_gives_its_recurrent_dropout_to_a_cell_of_ours():
    spec = {"name": "peephole_lstm", "recurrent_regularizer": "l2"}
    model = create_model("stacked", (6, 5), 3, cell=spec, units=[4], recurrent_dropout=0.25)
    cell = model.get_layer("recurrent_1").cell
    assert cell.recurrent_dropout == 0.25
    assert float(cell.recurrent_regularizer.l2) == pytest.approx(0.01)
