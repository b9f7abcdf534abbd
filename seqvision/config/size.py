"""How many trials a search has, computed before keras-tuner is started."""

import math
from typing import Any

from seqvision.config.oracles import Bayesian, GridSearch, Hyperband, RandomSearch
from seqvision.config.space import FloatRange, IntRange, needed, values
from seqvision.config.tune import MOST_TRIALS, Tune
from seqvision.specs import OptionError


def trials_of(tune: Tune, epochs: int) -> int:
    """The most trials that a search may have; a small space may hold fewer.

    Args:
        epochs: `train.epochs`, which Hyperband gives the best trials.
    """
    match tune.oracle:
        case GridSearch():
            size = grid_size(tune.space)
            return min(tune.trials or size, size)
        case Hyperband():
            return tune.trials or hyperband_size(epochs, tune.oracle.factor)
    return limit(tune) or 0


def check_size(tune: Tune, epochs: int) -> None:
    """Refuse a search of too many trials.

    Raises:
        OptionError: with the path within `tune` to the cause.
    """
    if isinstance(tune.oracle, GridSearch):
        for path, parameter in tune.space.items():
            if isinstance(parameter, IntRange | FloatRange):
                _check(_grid_values(parameter), "values of a grid", "step", ("space", path))
    _check(trials_of(tune, epochs), "trials", "trials", ())


def _check(count: int, of_what: str, key: str, path: tuple[str, ...]) -> None:
    if count > MOST_TRIALS:
        raise OptionError(
            path, f"{count:,} {of_what} are more than a search holds ({MOST_TRIALS:,}); set `{key}`"
        )


def limit(tune: Tune) -> int | None:
    """The trials after which a search ends; None if it ends when the oracle has no more."""
    proposes_without_end = isinstance(tune.oracle, RandomSearch | Bayesian)
    return tune.trials or (20 if proposes_without_end else None)


def hyperband_size(epochs: int, factor: int) -> int:
    """The trials of one pass through the brackets of keras-tuner's Hyperband."""
    brackets = 1
    while factor**brackets <= epochs:
        brackets += 1
    full = math.ceil(1 + math.log(epochs, factor))
    return sum(
        math.ceil(full / (bracket + 1) * factor ** (bracket - turn))
        for bracket in range(brackets)
        for turn in range(bracket + 1)
    )


def grid_size(space: dict[str, Any]) -> int:
    """The number of points that the grid oracle would try."""
    return _points(list(space.items()), {}, space)


def _points(left: list[tuple[str, Any]], chosen: dict[str, Any], space: dict[str, Any]) -> int:
    if not left:
        return 1
    (path, parameter), *rest = left
    above = needed(parameter, space)
    if not all(parent in chosen and chosen[parent] in above[parent] for parent in above):
        return _points(rest, chosen, space)
    if isinstance(parameter, IntRange | FloatRange):
        return _grid_values(parameter) * _points(rest, chosen, space)
    if not any(path in (other.when or {}) for _, other in rest):
        return len(values(parameter)) * _points(rest, chosen, space)
    return sum(_points(rest, {**chosen, path: value}, space) for value in values(parameter))


def _grid_values(parameter: Any) -> int:
    """How many values of a range the grid oracle tries, as keras-tuner computes them."""
    low, high = parameter.bounds
    step = parameter.step or (1 if isinstance(parameter, IntRange) and not parameter.log else None)
    if step and parameter.log:
        return int(math.log(high / low, step) + 1e-8) + 1
    if step:
        return int((high - low) // step) + 1
    shares = [0.1 * n + 0.05 for n in range(10)]
    if isinstance(parameter, IntRange):
        return len({low, *(int(low * ((high + 1) / low) ** share) for share in shares)})
    return 1 + len(shares)
