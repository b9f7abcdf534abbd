"""Oscillators at the ends of what stiffness may be, where their equations divide by nothing."""

import mixer_equations as by_paper
import numpy as np
import pytest
from keras import ops

from seqvision.mixers import LinOSS

X = np.random.default_rng(0).normal(size=(2, 64, 3)).astype("float32")


def of_stiffness(values, discretization):
    mixer = LinOSS(state_size=len(values), discretization=discretization)
    mixer.build((None, None, 3))
    mixer.stiffness.assign(np.array(values))
    return mixer, {w.name: ops.convert_to_numpy(w).astype(float) for w in mixer.weights}


@pytest.mark.parametrize("discretization", ["im", "imex"])
def test_from_no_spring_at_all_to_a_stiff_one(discretization, gradients_of):
    mixer, w = of_stiffness([0, -1, 1e-9, 1e-5, 6], discretization)
    equations = by_paper.lin_oss(imex=discretization == "imex")
    expected = equations(w, X.astype(float), [0.0, 0.0])[0]
    found = ops.convert_to_numpy(mixer(ops.convert_to_tensor(X)))
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())

    def loss():
        return ops.mean(mixer(ops.convert_to_tensor(X)) ** 2)

    for gradient in gradients_of(loss, mixer.trainable_variables):
        assert np.isfinite(ops.convert_to_numpy(gradient)).all()


def test_an_explicit_step_stays_in_bounds_however_stiff():
    mixer, _ = of_stiffness([20, 1e6], "imex")
    assert np.abs(ops.convert_to_numpy(mixer(ops.convert_to_tensor(X)))).max() < 1e3
