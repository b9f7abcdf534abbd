"""Models by name: those of the zoo's configs, and every family with options of one's own."""

import fnmatch
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqvision.config import load_config, zoo_names
from seqvision.config.schema import check_model
from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.families import FAMILIES

if TYPE_CHECKING:
    import keras


def list_models(pattern: str = "*") -> list[str]:
    """The names of the zoo's models that match a shell pattern such as `"*gru*"`."""
    return fnmatch.filter(zoo_names(), pattern)


def create_model(
    name: str,
    input_shape: Sequence[int] = (28, 28),
    num_classes: int = 10,
    weights: str | None = None,
    **options: Any,
) -> "keras.Model":
    """Build a model of the zoo, or of a family, as a plain `keras.Model`.

    Args:
        name: a zoo model such as `"gru3"`, or a family such as `"stacked"`.
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images, whose
            pixels go from 0 to 255.
        num_classes: the number of logits.
        weights: a `.weights.h5` or `.keras` file to load weights from.
        options: options of the family; with a zoo model they override its own.

    Returns:
        A model from images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        UnknownName: there is no such model or family.
        SeqvisionError: an option is unknown or wrong.

    Example:
        model = seqvision.create_model("stacked", cell="lstm", units=[128], scan="columns")
    """
    if name in zoo_names():
        model = {**load_config(name).model, **options}
    elif name in FAMILIES.names():
        model = {"family": name, **options}
    else:
        known = [*zoo_names(), *FAMILIES.names()]
        raise UnknownName(
            f"no model or family {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})"
        )
    if "units" in model and isinstance(model["units"], tuple):
        model["units"] = list(model["units"])
    checked = check_model(model)
    if not isinstance(num_classes, int) or num_classes < 1:
        raise SeqvisionError(f"num_classes: expected a positive whole number, got {num_classes!r}")
    from seqvision.families.build import build_family

    built = build_family(checked, input_shape, num_classes)
    if weights:
        built.load_weights(weights)
    return built
