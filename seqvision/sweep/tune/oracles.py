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
from seqvision.config.tune import Tune
from seqvision.metrics import higher_is_better
from seqvision.privates import InMemory, random_point
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
        "objective": kt.Objective(
            tune.objective, "max" if higher_is_better(tune.objective) else "min"
        ),
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
    return oracle


def _seed(seed: int) -> int:
    """A seed for keras-tuner, which takes 0 for none, and draws trials with it and those after."""
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


class _Random(InMemory, _oracles.RandomSearchOracle):
    """Points drawn at random, none twice."""


class _Grid(InMemory, kt.Oracle):
    """Every combination in order, as of `GridSearchOracle`, which waits for each trial to end."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._points = _points(self.get_space(), self.hyperparameters.space, {})

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        values = next(self._points, None)
        return {"status": "STOPPED" if values is None else "RUNNING", "values": values}


def _points(
    space: kt.HyperParameters, left: list[Any], values: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The values of all parameters in use, by name; the last parameter changes first.

    Args:
        left: the parameters that have no value yet, each after those that it depends on.
        values: of the others.
    """
    if not left:
        yield values
        return
    parameter, *rest = left
    space.values = values
    if not space.is_active(parameter):
        yield from _points(space, rest, values)
        return
    for value in dict.fromkeys([parameter.default, *parameter.values]):
        yield from _points(space, rest, {**values, parameter.name: value})


class _Bayesian(InMemory, _oracles.BayesianOptimizationOracle):
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
        tried = any(
            trial.hyperparameters.values == proposed["values"] for trial in self.trials.values()
        )
        return random_point(self) if tried else proposed


class _Hyperband(InMemory, _oracles.HyperbandOracle):
    """Many trials of few epochs, of which the best go on.

    It promotes a trial once so many of a round are complete, and would wait for ever for one that
    failed: such a trial is told as the worst there can be.
    """

    @property
    def worst(self) -> float:
        return -math.inf if self.objective.direction == "max" else math.inf
