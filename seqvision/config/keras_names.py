"""Keras's optimizers and their arguments, read from Keras's source without importing it."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from seqvision.errors import did_you_mean
from seqvision.options import OptionError
from seqvision.source import Definition, definitions

_NOT_OPTIMIZERS = {"BaseOptimizer", "Optimizer", "LossScaleOptimizer", "MultiOptimizer"}


def check_optimizer(spec: Any) -> dict[str, Any]:
    """Return an optimizer's spec once Keras is known to have it and every argument.

    Raises:
        OptionError: with the path to what is wrong.
    """
    spec = {"name": spec} if isinstance(spec, str) else spec
    if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
        raise OptionError((), "expected the name of an optimizer, or a mapping with `name:`")
    known = optimizers()
    name = spec["name"].lower()
    if name not in known:
        raise OptionError(
            ("name",),
            f"unknown optimizer {spec['name']!r}{did_you_mean(name, known)} "
            f"(known: {', '.join(known)})",
        )
    parameters = [p.name for p in known[name].parameters if p.name != "name"]
    for key, value in spec.items():
        if key == "name":
            continue
        if key not in parameters:
            raise OptionError(
                (key,), f"{name!r} has no argument {key!r}{did_you_mean(key, parameters)}"
            )
        if not isinstance(value, (int, float, str, bool, type(None))):
            raise OptionError((key,), f"expected a number, got {value!r}")
    rate = spec.get("learning_rate", 0.001)
    if isinstance(rate, (bool, str)) or rate is None or not 0 < rate < float("inf"):
        raise OptionError(("learning_rate",), f"expected a number above 0, got {rate!r}")
    return {**spec, "name": name}


@cache
def optimizers() -> dict[str, Definition]:
    """Keras's optimizers by their lower-case name, as `keras.optimizers.get` takes it."""
    spec = importlib.util.find_spec("keras")
    assert spec is not None and spec.origin, "Keras is a dependency of this package"
    found: dict[str, Definition] = {}
    for path in sorted((Path(spec.origin).parent / "src" / "optimizers").glob("*.py")):
        if path.stem.endswith("_test"):
            continue
        for definition in definitions(path):
            takes = {p.name for p in definition.parameters}
            if "learning_rate" in takes and definition.name not in _NOT_OPTIMIZERS:
                found[definition.name.lower()] = definition
    return dict(sorted(found.items()))
