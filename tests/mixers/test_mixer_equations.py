"""Every mixer gives the numbers of its paper's equations, forward and in its gradients."""

from functools import partial

import keras
import mixer_equations as by_paper
import numpy as np
import pytest
from keras import ops

from seqvision.mixers import (
    HGRN,
    LMU,
    LRU,
    MIXERS,
    MLSTM,
    QRNN,
    RGLRU,
    S4D,
    S5,
    TCN,
    Attention,
    LinOSS,
    Mamba,
    MinGRU,
    MinLSTM,
    Multires,
    RecurrentMixer,
    Retention,
)

FEATURES, STEPS = 4, 19
# On JAX and PyTorch Keras multiplies float64 in float32.
DIGITS = 1e-8 if keras.backend.backend() == "tensorflow" else 2e-5
CASES = {
    "min_gru": (MinGRU, by_paper.min_gru),
    "min_lstm": (MinLSTM, by_paper.min_lstm),
    "lru": (LRU, by_paper.lru),
    "s4d": (partial(S4D, state_size=6), by_paper.s4d),
    "s5": (partial(S5, blocks=2), by_paper.s5),
    "rg_lru": (RGLRU, by_paper.rg_lru),
    "qrnn": (QRNN, by_paper.qrnn),
    "hgrn": (HGRN, by_paper.hgrn()),
    "mamba": (Mamba, by_paper.mamba),
    "min_gru wide, plain": (
        partial(MinGRU, expand=2, positive=False),
        partial(by_paper.min_gru, positive=False),
    ),
    "min_lstm wide, plain": (
        partial(MinLSTM, expand=2, positive=False),
        partial(by_paper.min_lstm, positive=False),
    ),
    "lru of another size": (partial(LRU, state_size=7, r_min=0.5, max_phase=0.3), by_paper.lru),
    "rg_lru without a convolution": (partial(RGLRU, conv_width=1), by_paper.rg_lru),
    "qrnn of three steps": (partial(QRNN, window=3), by_paper.qrnn),
    "hgrn of a lower bound": (partial(HGRN, lower_bound=0.6), by_paper.hgrn(0.6)),
    "mamba in chunks": (
        partial(Mamba, state_size=3, expand=1, conv_width=2, step_rank=2, chunk=5),
        by_paper.mamba,
    ),
    "s4d legs": (partial(S4D, state_size=6, init="legs"), by_paper.s4d),
    "s5 of another size": (partial(S5, state_size=6), by_paper.s5),
    "tcn": (partial(TCN, depth=2), by_paper.tcn),
    "tcn of two taps": (partial(TCN, kernel_size=2, depth=1), by_paper.tcn),
    "multires": (partial(Multires, depth=4), by_paper.multires),
    "multires of more steps than there are": (partial(Multires, depth=6), by_paper.multires),
    "attention": (partial(Attention, key_dim=6), by_paper.attention),
    "attention causal, plain": (
        partial(Attention, 2, 3, causal=True, positions="none"),
        partial(by_paper.attention, heads=2, causal=True, rotary=False),
    ),
    "mlstm": (partial(MLSTM, key_dim=3), by_paper.mlstm),
    "mlstm as its equations are": (
        partial(MLSTM, 2, 3, 2, forget_gate="exp", conv_width=None, use_norm=False),
        partial(by_paper.mlstm, heads=2, forget=np.exp, norm=False),
    ),
    "lin_oss": (LinOSS, by_paper.lin_oss()),
    "lin_oss imex": (
        partial(LinOSS, state_size=3, discretization="imex"),
        by_paper.lin_oss(imex=True),
    ),
    "lmu": (partial(LMU, order=6, theta=10.0), by_paper.lmu(6, 10.0, by_paper.relu)),
    "lmu of channels that fade soon": (  # Ā¹⁶ is all but 0.
        partial(LMU, channels=3, order=4, theta=2.5, activation="tanh"),
        by_paper.lmu(4, 2.5, np.tanh),
    ),
    "retention": (partial(Retention, key_dim=4, value_dim=5), by_paper.retention),
    "recurrent": (RecurrentMixer, by_paper.gru),
    "recurrent of two states": (partial(RecurrentMixer, cell="cornn"), by_paper.cornn),
}
RECURRENCES = [name for name, (make, _) in CASES.items() if make().is_stepwise]


def test_every_mixer_is_here():
    assert {name.split()[0] for name in CASES} == set(MIXERS.names())


class Case:
    """A mixer in float64 with weights of its own, a sequence, a first state and what is asked."""

    def __init__(self, name):
        keras.utils.set_random_seed(0)
        make, self.equations = CASES[name]
        self.mixer = make(dtype="float64")
        self.mixer.build((None, None, FEATURES))
        random = np.random.default_rng(0)
        for weight in self.mixer.weights:
            weight.assign(ops.convert_to_numpy(weight) + random.normal(0, 0.1, weight.shape))
        self.sequence = random.normal(size=(3, STEPS, FEATURES))
        self.states = [random.normal(size=(3, size)) for size, _ in self.mixer.states(FEATURES)]
        self.probe = random.normal(size=self.sequence.shape)
        self.values = {w.name: ops.convert_to_numpy(w) for w in self.mixer.weights}

    def given(self):
        return [ops.convert_to_tensor(x, "float64") for x in (self.sequence, *self.states)]


def assert_close(found, right):
    np.testing.assert_allclose(ops.convert_to_numpy(found), right, rtol=DIGITS, atol=DIGITS)


@pytest.mark.parametrize("name", RECURRENCES)
def test_all_steps_at_once_and_one_at_a_time_are_the_equations(name):
    case = Case(name)
    outputs, last = case.equations(case.values, case.sequence, case.states)
    sequence, *states = case.given()
    found, found_last = case.mixer.run(sequence, states)
    assert_close(found, outputs)
    for t in range(STEPS):
        y, states = case.mixer.step(sequence[:, t], states)
        assert_close(y, outputs[:, t])
    for ends in (found_last, states):
        for ours, right in zip(ends, last, strict=True):
            assert_close(ours, right)


@pytest.mark.parametrize("name", CASES)
def test_without_a_first_state_it_begins_with_zeros(name):
    case = Case(name)
    zeros = [np.zeros_like(state) for state in case.states]
    assert_close(case.mixer(case.given()[0]), case.equations(case.values, case.sequence, zeros)[0])


@pytest.mark.parametrize(
    ("name", "begun"),
    [*((name, False) for name in CASES), *((name, True) for name in RECURRENCES)],
)
def test_gradients_are_what_small_changes_of_the_equations_make(name, begun, gradients_of):
    case = Case(name)
    zeros = [np.zeros_like(state) for state in case.states]
    first = case.states if begun else zeros
    random = np.random.default_rng(1)
    variables = [keras.Variable(x, dtype="float64") for x in (case.sequence, *first)]

    def loss():
        sequence, *states = map(ops.convert_to_tensor, variables)
        outputs = case.mixer.run(sequence, states)[0] if begun else case.mixer(sequence)
        return ops.sum(outputs * ops.convert_to_tensor(case.probe, "float64"))

    weights = case.mixer.trainable_variables
    moved = [*weights, *(variables if begun else variables[:1])]
    ways = [random.normal(size=v.shape) for v in moved]

    def loss_at(step):
        at = [ops.convert_to_numpy(v) + step * way for v, way in zip(moved, ways, strict=True)]
        values = {w.name: value for w, value in zip(weights, at[: len(weights)], strict=True)}
        sequence, *states = at[len(weights) :]
        return np.sum(case.equations(values, sequence, states or zeros)[0] * case.probe)

    found = [np.sum(g * way) for g, way in zip(gradients_of(loss, moved), ways, strict=True)]
    assert sum(found) == pytest.approx(
        (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6, rel=10 * DIGITS + 1e-6
    )
    assert all(each != 0 for each in found)
