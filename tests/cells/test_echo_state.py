"""The echo state network: its equation, its reservoir, and that only the readout is trained."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.cells import EchoStateCell
from seqvision.errors import SeqvisionError
from seqvision.layers import Recurrent


def weights(cell, features=6):
    cell.build((None, features))
    return [ops.convert_to_numpy(w) for w in (cell.kernel, cell.recurrent_kernel, cell.bias)]


@pytest.mark.parametrize("leak", [1.0, 0.3])
def test_is_its_equation(x, run, randomise, leak):
    cell = EchoStateCell(5, leak=leak, bias_scaling=0.5)
    w = randomise(cell)
    h, expected = np.zeros((2, 5)), []
    for x_t in x.transpose(1, 0, 2):
        update = np.tanh(x_t @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"])
        h = (1 - leak) * h + leak * update
        expected.append(h)
    outputs, states = run(cell, x)
    np.testing.assert_allclose(outputs, np.stack(expected, 1), atol=1e-5)
    np.testing.assert_allclose(states[0], h, atol=1e-5)


@pytest.mark.parametrize(("radius", "connectivity"), [(0.9, 0.1), (1.3, 0.5)])
def test_the_reservoir_is_as_asked(radius, connectivity):
    cell = EchoStateCell(
        200, radius, connectivity, input_scaling=0.2, bias_scaling=0.1, seed=1, leak=0.5
    )
    kernel, reservoir, bias = weights(cell)
    # Of a power of a matrix, the norm grows as its spectral radius does.
    power = np.linalg.matrix_power(reservoir.astype("float64"), 1000)
    assert np.linalg.norm(power) ** (1 / 1000) == pytest.approx(radius, rel=0.005)
    assert abs((reservoir != 0).mean() - connectivity) < 0.01
    assert 0.195 < np.abs(kernel).max() <= 0.2 and 0.09 < np.abs(bias).max() <= 0.1
    assert abs(kernel.mean()) < 0.02


def test_the_seed_decides():
    first, again, other = (weights(EchoStateCell(20, seed=s))[1] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    keras.utils.set_random_seed(3)
    unseeded = weights(EchoStateCell(20))[1]
    keras.utils.set_random_seed(3)
    np.testing.assert_array_equal(unseeded, weights(EchoStateCell(20))[1])


@pytest.mark.tensorflow  # Which reservoir a seed draws is the backend's.
def test_few_units_have_a_cycle_and_none_can_have_is_told():
    for seed in range(10):
        reservoir = weights(EchoStateCell(6, seed=seed))[1]
        assert np.abs(np.linalg.eigvals(reservoir)).max() == pytest.approx(0.9, rel=1e-3)
    with pytest.raises(SeqvisionError, match=r"of 3 units with connectivity 1e-06 had no cycle"):
        EchoStateCell(3, connectivity=1e-6).build((None, 2))


def test_it_forgets_where_it_began(run):
    """The echo state property: from any state, the same input leads to the same state."""
    cell = EchoStateCell(50, seed=1)
    cell.build((None, 6))
    x = np.random.default_rng(0).normal(size=(1, 150, 6)).astype("float32")
    ends = [run(cell, x, [np.full((1, 50), v, "float32")])[1][0] for v in (-1, 1)]
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-4)


def test_only_the_readout_is_trained(tmp_path):
    model = keras.Sequential(
        [keras.Input((8, 3)), Recurrent(EchoStateCell(40)), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    before = model.layers[0].get_weights()
    x = np.random.default_rng(0).normal(size=(16, 8, 3)).astype("float32")
    for _ in range(2):
        model.train_on_batch(x, x[:, -2, :1])
    assert [w.name for w in model.trainable_weights] == ["kernel", "bias"]  # Those of Dense.
    for old, new in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)


def test_a_delayed_input_is_read_out_of_it():
    """What a reservoir is for: its state holds what was read three steps ago."""
    generator = np.random.default_rng(0)
    x = generator.uniform(-0.5, 0.5, (1, 600, 1)).astype("float32")
    cell = EchoStateCell(100, input_scaling=0.5, seed=0)
    states = ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(x))[0, 50:]
    wanted = x[0, 47:-3, 0]
    readout = np.linalg.lstsq(states[:400], wanted[:400], rcond=None)[0]
    error = states[400:] @ readout - wanted[400:]
    assert error.var() < 0.05 * wanted.var()


def test_gradients_of_the_input(check_gradients):
    check_gradients(EchoStateCell(4, leak=0.6, connectivity=0.8, dtype="float64"))
