"""A config's `tune.space` as keras-tuner's hyperparameters, and their values as a config's.

keras-tuner knows ints, floats, bools and strings; a list or a mapping among the choices is given
to it as JSON.
"""

import json
from typing import Any

from seqvision.config.space import Boolean, Choice, Fixed, FloatRange, IntRange, needed, values


def declare(space: dict[str, Any], hp: Any) -> dict[str, Any]:
    """Make every parameter known to keras-tuner's `HyperParameters`.

    Returns:
        The values that `hp` holds, by path, of the parameters that are in use.
    """
    # `hp.conditional_scope` would not do: with it a parameter cannot depend on two others.
    hp.merge([_parameter(path, space) for path in space], overwrite=False)
    return decoded(space, hp.values)


def _parameter(path: str, space: dict[str, Any]) -> Any:
    """One of keras-tuner's own parameters."""
    import keras_tuner.engine.hyperparameters as kinds

    from seqvision.privates import in_use_with

    parameter = space[path]
    given: dict[str, Any] = {
        "name": path,
        "conditions": [
            in_use_with(parent, [code(space[parent], value) for value in allowed])
            for parent, allowed in needed(parameter, space).items()
        ],
    }
    match parameter:
        case Choice():
            return kinds.Choice(values=[code(parameter, v) for v in parameter.choice], **given)
        case Boolean():
            return kinds.Boolean(**given)
        case Fixed():
            return kinds.Fixed(value=code(parameter, parameter.fixed), **given)
    make = kinds.Int if isinstance(parameter, IntRange) else kinds.Float
    low, high = parameter.bounds
    sampling = "log" if parameter.log else "linear"
    return make(min_value=low, max_value=high, step=parameter.step, sampling=sampling, **given)


def code(parameter: Any, value: Any) -> Any:
    """The value as keras-tuner holds it."""
    match parameter:
        case Choice():
            kinds = {type(each) for each in parameter.choice}
            plain = len(kinds) == 1 and kinds <= {int, float, str}
            return value if plain else json.dumps(value)
        case Fixed():
            return value if isinstance(value, int | float | str) else json.dumps(value)
    return value


def decoded(space: dict[str, Any], codes: dict[str, Any]) -> dict[str, Any]:
    """The config's values, by path, of keras-tuner's; without keys of keras-tuner's own."""
    return {path: _decoded(space[path], codes[path]) for path in space if path in codes}


def _decoded(parameter: Any, given: Any) -> Any:
    match parameter:
        case Choice() | Fixed():
            return next(v for v in values(parameter) if code(parameter, v) == given)
        case IntRange():
            return int(given)
        case FloatRange():
            return float(given)
    return bool(given)
