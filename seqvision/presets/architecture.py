"""Whether weights belong into a model: other layers of the same shapes would take them too."""

import logging
from collections.abc import Mapping
from typing import Any

from seqvision.config.content import differing_options, first_name
from seqvision.config.schema import check_model
from seqvision.errors import SeqvisionError
from seqvision.specs import name_and_options

log = logging.getLogger("seqvision")

_OF_TRAINING = ("dropout", "_initializer", "_regularizer", "_constraint", "seed")
"""How options end that change how a model is trained, and not what its weights compute."""
_TOLD = ("scan", "scans", "pooling")
"""Options that change what a model's weights are given: weights are a beginning there at most."""


def check_architecture(model: dict[str, Any], trained: dict[str, Any], source: str) -> None:
    """Check that a model is the one that weights were trained in; but for how it is trained.

    Another scan or pooling is logged as a warning.

    Args:
        model: its checked `model` section.
        trained: that of the weights.
        source: how a person called the weights.

    Raises:
        SeqvisionError: its cells, sizes or layers are others; with the option.
    """
    try:
        trained = check_model(trained)
    except SeqvisionError as error:
        raise SeqvisionError(f"weights: {source} are of a model unknown here: {error}") from None
    mine, theirs = _beyond_defaults(model), _beyond_defaults(trained)
    for key in sorted({*mine, *theirs}):
        if mine.get(key) == theirs.get(key) or key.endswith(_OF_TRAINING):
            continue
        told = [
            each.get(key, section.get(key)) for each, section in ((mine, model), (theirs, trained))
        ]
        if key in _TOLD:
            words = "%s: its model was trained with %s %s, this one has %s"
            log.warning(words, source, key, _text(told[1]), _text(told[0]))
        elif _essence(told[0]) != _essence(told[1]):
            raise SeqvisionError(
                f"weights: {source} does not fit: its model has {key} {_text(told[1])}, this one "
                f"{_text(told[0])}; leave that out, or build without weights"
            )


def _beyond_defaults(section: dict[str, Any]) -> dict[str, Any]:
    """The family, and the options that differ from its defaults; not what weights it began with."""
    family = section["family"]
    options = {k: v for k, v in section.items() if k not in ("family", "weights")}
    differing = differing_options("family", family, options)
    if isinstance(differing.get("units"), int):  # One layer is a list of one.
        differing["units"] = [differing["units"]]
    return {"family": first_name("family", family), **differing}


def _essence(value: Any) -> Any:
    """A value without options of training: `{name: gru, dropout: 0.1}` is `gru`."""
    if isinstance(value, list):
        return [_essence(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    name, options = name_and_options(dict(value)) if "name" in value else (None, dict(value))
    left = {k: _essence(v) for k, v in options.items() if not k.endswith(_OF_TRAINING)}
    if name is None:
        return left
    return {"name": name, **left} if left else name


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
