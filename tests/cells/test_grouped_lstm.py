"""The grouped LSTM against small LSTMs of Keras's side by side."""

import keras
import numpy as np
import pytest

from seqvision.cells import GroupedLSTMCell
from seqvision.errors import SeqvisionError


def small_lstms(w, x, groups, **options):
    """Run one Keras cell a group on its share of the input; valid without a projection."""
    units = w["bias"].size // 4 // groups
    share = x.shape[-1] // groups
    results = []
    for k in range(groups):
        cell = keras.layers.LSTMCell(units, **options)
        cell.build((None, share))
        bias = np.concatenate([b[k * units : (k + 1) * units] for b in np.split(w["bias"], 4)])
        cell.set_weights([w["kernel"][k], w["recurrent_kernel"][k], bias])
        results.append((cell, x[..., k * share : (k + 1) * share]))
    return results


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"activation": "relu"}])
def test_is_small_lstms_side_by_side(x, run, randomise, groups, options):
    cell = GroupedLSTMCell(6, groups=groups, **options)
    weights = randomise(cell)
    outputs, states = run(cell, x)
    parts = [run(small, share) for small, share in small_lstms(weights, x, groups, **options)]
    np.testing.assert_allclose(outputs, np.concatenate([p[0] for p in parts], -1), atol=1e-5)
    for k in (0, 1):
        expected = np.concatenate([p[1][k] for p in parts], -1)
        np.testing.assert_allclose(states[k], expected, atol=1e-5)


def test_projection_mixes_the_groups(x, run, randomise):
    """One step, as the projected output comes back to the groups only in the next."""
    cell = GroupedLSTMCell(6, groups=2, projection=4)
    weights = randomise(cell)
    assert (cell.state_size, cell.output_size) == ([4, 6], 4)
    plain = GroupedLSTMCell(6, groups=2)
    plain.build((None, 6))
    plain.set_weights([weights["kernel"], plain.recurrent_kernel, weights["bias"]])
    expected = run(plain, x[:, :1])[0] @ weights["projection_kernel"]
    np.testing.assert_allclose(run(cell, x[:, :1])[0], expected, atol=1e-5)
    # The second step reads the projected output, half of it in each group.
    h, c = run(cell, x[:, :1])[1]
    second = run(cell, x[:, 1:2], [h, c])[1][1]
    h_changed = h.copy()
    h_changed[:, 2:] += 1
    changed = run(cell, x[:, 1:2], [h_changed, c])[1][1]
    np.testing.assert_allclose(changed[:, :3], second[:, :3], atol=1e-6)
    assert np.abs(changed[:, 3:] - second[:, 3:]).max() > 1e-2


def test_groups_have_weights_of_their_own():
    cell = GroupedLSTMCell(4, groups=2, forget_bias=3.0)
    cell.build((None, 6))
    kernel = keras.ops.convert_to_numpy(cell.kernel)
    assert np.abs(kernel[0] - kernel[1]).max() > 0.1
    assert np.abs(kernel).max() <= (6 / (3 + 8)) ** 0.5  # glorot of one group's kernel
    np.testing.assert_array_equal(cell.bias, [0] * 4 + [3] * 4 + [0] * 8)


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(SeqvisionError, match="units must be a multiple of groups=4, got 6"):
        GroupedLSTMCell(6, groups=4)
    with pytest.raises(SeqvisionError, match="input features must be a multiple of groups=2"):
        GroupedLSTMCell(6, groups=2).build((None, 5))


def test_gradients(check_gradients):
    check_gradients(GroupedLSTMCell(4, projection=2, dtype="float64"), features=4)
