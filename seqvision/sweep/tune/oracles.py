"""keras-tuner's oracles, so that they can be asked side by side, and asked all over again.

An oracle lives in memory only: what it was asked and told is in the search's log, and one that is
asked and told the same again is in the same state.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras_tuner as kt
import numpy as np
from threadpoolctl import threadpool_limits

from seqvision.config.oracles import Bayesian, GridSearch, Hyperband, RandomSearch
from seqvision.config.tune import DIRECTIONS, Tune
from seqvision.sweep.tune.space import declare

_oracles: Any = kt.oracles  # It carries no types.


def build(tune: Tune, epochs: int) -> kt.Oracle:
    """The oracle that a config asks for.

    Args:
        epochs: what Hyperband gives the best trials in the end.
    """
    hyperparameters = kt.HyperParameters()
    declare(tune.space, hyperparameters)
    common: dict[str, Any] = {
        "objective": kt.Objective(tune.objective, DIRECTIONS[tune.objective]),
        "hyperparameters": hyperparameters,
        "max_consecutive_failed_trials": None,  # A search goes on, however many fail.
    }
    asked = tune.oracle
    make: Any
    match asked:
        case RandomSearch():
            make, own = _Random, {"max_trials": None}
        case GridSearch():
            make, own = _Grid, {"max_trials": None}
        case Bayesian():
            make = _Bayesian
            own = {"num_initial_points": asked.initial_points, "max_trials": None}
            own |= {"beta": asked.beta, "alpha": asked.alpha}
        case Hyperband():
            make = _Hyperband
            own = {"max_epochs": epochs, "factor": asked.factor}
            own |= {"hyperband_iterations": None if tune.trials else 1}
    oracle = make(**common, **own, seed=_seed(getattr(asked, "seed", 0)))
    oracle.verbose = 0
    # How often in a row it may draw what it has drawn before, until the space counts as used up.
    oracle._max_collisions = 1000
    return oracle


def _seed(seed: int) -> int:
    """A seed for keras-tuner, which takes 0 for none and draws a trial with seed, seed + 1, …"""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) % (2**31 - 1) + 1


@contextmanager
def asked_quietly() -> Iterator[None]:
    """Let an oracle think on one thread, and not warn of a process that is hard to fit.

    Its matrices are small: beside running trials, more threads made one answer take 28 s that takes
    7 s on one.
    """
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _InMemory:
    """Leaves the disk alone."""

    def save(self) -> None:
        pass

    def _save_trial(self, trial: Any) -> None:
        pass


class _Random(_InMemory, _oracles.RandomSearchOracle):
    """As it is."""


class _Grid(_InMemory, _oracles.GridSearchOracle):
    """Proposes the next point without waiting for the last one's value, which it does not use."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        proposed = super().populate_space(trial_id)
        if proposed["values"] is not None and trial_id not in self._populate_next:
            self._populate_next.append(trial_id)
        return proposed


class _Bayesian(_InMemory, _oracles.BayesianOptimizationOracle):
    """Tries nothing twice, and nothing outside a range.

    The process may find the best place where it has been; a run with the same seeds would end the
    same, so a random point that is new takes its place.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        proposed = super().populate_space(trial_id)
        if proposed["values"] is None:
            return proposed
        # At the end of a logarithmic range keras-tuner proposes one more than the largest.
        for hp in self.hyperparameters.space:
            if hp.name in proposed["values"] and hasattr(hp, "max_value"):
                value = proposed["values"][hp.name]
                proposed["values"][hp.name] = min(max(value, hp.min_value), hp.max_value)
        return self._random_populate_space() if self._duplicate(proposed["values"]) else proposed


class _Hyperband(_InMemory, _oracles.HyperbandOracle):
    """As it is, but for failed trials, which are to be told as the worst there can be.

    It promotes a trial once so many of a round are complete, and waits for ever for one that is
    not.
    """

    @property
    def worst(self) -> float:
        return -math.inf if self.objective.direction == "max" else math.inf
