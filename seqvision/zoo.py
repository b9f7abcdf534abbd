"""Models by name: those of the zoo's configs, and every family with any options."""

import fnmatch
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.config import load_config, zoo_names
from seqvision.config.plain import plain
from seqvision.config.schema import check_model
from seqvision.data import DATASETS
from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.families import FAMILIES
from seqvision.presets.architecture import check_architecture
from seqvision.presets.facts import Facts
from seqvision.presets.find import find_weights
from seqvision.presets.manifest import presets
from seqvision.specs import name_and_options
from seqvision.weights import load_weights

if TYPE_CHECKING:
    import keras

log = logging.getLogger("seqvision")


def list_models(pattern: str = "*", *, pretrained: bool = False) -> list[str]:
    """The names of the zoo's models that match a shell pattern such as `"*gru*"`.

    Args:
        pretrained: those that there are trained weights for; `seqvision list models --weights`
            lists their tags.

    Examples:
        >>> import seqvision
        >>> seqvision.list_models("gru3*")
        ['gru3', 'gru3_columns', 'gru3_reverse', 'gru3_tutorial']
    """
    names = {each.partition(":")[0] for each in presets()} if pretrained else zoo_names()
    return fnmatch.filter(sorted(names), pattern)


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
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, whose pixels
            go from 0 to 255; or `(None, features)` of series of any length. When not given, that
            which the weights were trained with, or that of the zoo model's dataset; a family's is
            `(28, 28)`.
        num_classes: the number of logits. When not given, the classes of the weights, or of the
            zoo model's dataset; a family's are 10.
        weights: a tag of the zoo model's trained weights, such as `"mnist"`; a `.keras` or
            `.weights.h5` file; the folder of a finished run, or of published weights; or
            `"hf://owner/name@revision"`. If `num_classes` is given and they have another number of
            classes, the last layer keeps its initial weights; a logged warning says so. So it does
            if they were trained with another scan or pooling.
        activation: applied to the logits in float32, such as `"softmax"`.
        options: options of the family; with a zoo model they override its own.

    Returns:
        A model from samples `(batch, *input_shape)` to logits, or what `activation` makes of them,
        `(batch, num_classes)`.

    Raises:
        UnknownName: there is no such model, family or tag.
        SeqvisionError: an option is unknown or wrong, the weights are of another model, are not
            here and cannot be had, or cannot be read; or the model certainly does not fit into
            memory.

    Examples:
        >>> import keras, seqvision
        >>> model = seqvision.create_model("stacked", cell="lstm", units=[128], scan="columns")
        >>> model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> model.output_shape
        (None, 10)
    """
    trained = None if weights is None else find_weights(name, weights)
    facts = None if trained is None else trained.facts
    card: dict[str, Any] = {}
    if name in zoo_names():
        config = load_config(name)
        model = {**config.model, **plain(options)}
        card = DATASETS.entry(name_and_options(config.data.dataset)[0]).card
    elif name in FAMILIES:
        model = {**plain(options), "family": name}
        if "family" in options:
            raise SeqvisionError(f"family: {name!r} is one already, got {options['family']!r} too")
    elif facts is not None and facts.model is not None and facts.more.get("name") == name:
        model = {**facts.model, **plain(options)}  # Of a model that is not in the zoo.
    else:
        known = [*zoo_names(), *FAMILIES.names()]
        if str(name) in presets():
            own, _, tag = name.partition(":")
            raise UnknownName(f"no model {name!r}: say create_model({own!r}, weights={tag!r})")
        raise UnknownName(
            f"no model or family {name!r}{did_you_mean(str(name), known)} "
            f"(known: {', '.join(known)})"
        )
    if facts is not None:
        card = {"input_shape": facts.input_shape, "num_classes": facts.num_classes or 10}
    given = {"input_shape": input_shape, "num_classes": num_classes}
    unknown = [key for key, value in given.items() if value is None and key not in card]
    if card.get("kind") == "series" and unknown:  # It differs from problem to problem.
        raise SeqvisionError(
            f"{name} reads any series: say {' and '.join(unknown)}, such as "
            "input_shape=(None, 12), num_classes=9"
        )
    shape = plain(card.get("input_shape", (28, 28)) if input_shape is None else input_shape)
    if not isinstance(shape, list):
        raise SeqvisionError(
            "input_shape: expected (height, width[, channels]) of images or (None, features) of "
            f"series, got {shape!r}"
        )
    classes = plain(card.get("num_classes", 10) if num_classes is None else num_classes)
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
        raise SeqvisionError(f"num_classes: expected a positive whole number, got {num_classes!r}")
    checked = check_model(model)
    from seqvision.families.build import build_family

    if trained is not None and facts is not None:
        _check_fits(checked, shape, facts, trained.source)
    built = build_family(checked, shape, classes)
    if trained is not None:
        load_weights(
            built,
            trained.file,
            fresh_head=num_classes is not None,
            source=trained.source,
            others_told=facts is not None and facts.model is not None,
        )
    return built if activation is None else _ending_in(activation, built)


def _check_fits(model: dict[str, Any], shape: list[int], facts: Facts, source: str) -> None:
    """Check that weights are of this model; samples of another shape are logged as a warning.

    Raises:
        SeqvisionError: they are of another.
    """
    if facts.model is not None:
        check_architecture(model, facts.model, source)
    if tuple(shape) != facts.input_shape:
        words = "%s: trained on samples of %s, used for samples of %s"
        log.warning(words, source, facts.input_shape, tuple(shape))


def _ending_in(activation: str, model: "keras.Model") -> "keras.Model":
    """The model with an activation after its logits."""
    import keras

    try:
        last = keras.layers.Activation(activation, dtype="float32", name="activation")
    except (ValueError, TypeError) as error:
        raise SeqvisionError(f"activation: {str(error).partition(chr(10))[0]}") from None
    return keras.Model(model.input, last(model.output), name=model.name)
