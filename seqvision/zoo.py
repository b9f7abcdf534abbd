"""Models by name: those of the zoo's configs, and every family with any options."""

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.config import load_config, zoo_names
from seqvision.config.plain import plain
from seqvision.config.schema import check_model
from seqvision.data import DATASETS
from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.families import FAMILIES
from seqvision.specs import name_and_options
from seqvision.weights import load_weights

if TYPE_CHECKING:
    import keras


def list_models(pattern: str = "*") -> list[str]:
    """The names of the zoo's models that match a shell pattern such as `"*gru*"`."""
    return fnmatch.filter(zoo_names(), pattern)


def create_model(
    name: str,
    input_shape: Sequence[int] | None = None,
    num_classes: int | None = None,
    weights: str | Path | None = None,
    *,
    activation: str | None = None,
    **options: Any,
) -> "keras.Model":
    """Build a model of the zoo, or of a family, as a plain `keras.Model`.

    It ends in logits, so its loss is `SparseCategoricalCrossentropy(from_logits=True)`. Keras's
    `"sparse_categorical_crossentropy"` expects probabilities: use it with `activation="softmax"`.

    Args:
        name: a zoo model such as `"gru3"`, or a family such as `"stacked"`.
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images, whose
            pixels go from 0 to 255. When not given, that of the zoo model's dataset; a family's
            is `(28, 28)`.
        num_classes: the number of logits. When not given, the classes of the zoo model's dataset;
            a family's are 10.
        weights: a `.keras` or `.weights.h5` file, or the folder of a finished run, to load weights
            from. If `num_classes` is given and the file has another number of classes, the last
            layer keeps its initial weights; a logged warning says so.
        activation: applied to the logits in float32, such as `"softmax"`.
        options: options of the family; with a zoo model they override its own.

    Returns:
        A model from images `(batch, *input_shape)` to logits, or what `activation` makes of them,
        `(batch, num_classes)`.

    Raises:
        UnknownName: there is no such model or family.
        SeqvisionError: an option is unknown or wrong, the weights do not fit or cannot be read, or
            the model certainly does not fit into memory.

    Example:
        model = seqvision.create_model("stacked", cell="lstm", units=[128], scan="columns")
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    """
    facts: dict[str, Any] = {}
    if name in zoo_names():
        config = load_config(name)
        model = {**config.model, **plain(options)}
        facts = DATASETS.entry(name_and_options(config.data.dataset)[0]).card
    elif name in FAMILIES:
        model = {**plain(options), "family": name}
        if "family" in options:
            raise SeqvisionError(f"family: {name!r} is one already, got {options['family']!r} too")
    else:
        known = [*zoo_names(), *FAMILIES.names()]
        raise UnknownName(
            f"no model or family {name!r}{did_you_mean(str(name), known)} "
            f"(known: {', '.join(known)})"
        )
    shape = plain(facts.get("input_shape", (28, 28)) if input_shape is None else input_shape)
    if not isinstance(shape, list):
        raise SeqvisionError(f"input_shape: expected (height, width[, channels]), got {shape!r}")
    classes = plain(facts.get("num_classes", 10) if num_classes is None else num_classes)
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
        raise SeqvisionError(f"num_classes: expected a positive whole number, got {num_classes!r}")
    checked = check_model(model)
    from seqvision.families.build import build_family

    built = build_family(checked, shape, classes)
    if weights is not None:
        load_weights(built, weights, fresh_head=num_classes is not None)
    return built if activation is None else _ending_in(activation, built)


def _ending_in(activation: str, model: "keras.Model") -> "keras.Model":
    """The model with an activation after its logits."""
    import keras

    try:
        last = keras.layers.Activation(activation, dtype="float32", name="activation")
    except (ValueError, TypeError) as error:
        raise SeqvisionError(f"activation: {str(error).partition(chr(10))[0]}") from None
    return keras.Model(model.input, last(model.output), name=model.name)
