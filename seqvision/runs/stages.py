"""Which layers of a model learn, and how fast: frozen ones, the head first, decayed rates."""

import fnmatch
from collections.abc import Callable
from typing import Any

import keras

from seqvision.config.train import Train
from seqvision.errors import SeqvisionError, did_you_mean


def head_of(model: keras.Model) -> keras.layers.Layer:
    """The last layer with weights."""
    return next(layer for layer in reversed(model.layers) if layer.weights)


def freeze(model: keras.Model, patterns: list[str]) -> None:
    """Make the layers whose names match one of the shell patterns untrainable.

    Keras then uses their batch statistics without updating them.

    Raises:
        SeqvisionError: a pattern matches no layer, or no weights are left to train.
    """
    names = [layer.name for layer in model.layers]
    for place, pattern in enumerate(patterns):
        matching = fnmatch.filter(names, pattern)
        if not matching:
            raise SeqvisionError(
                f"train.freeze.{place}: no layer is called {pattern!r}"
                f"{did_you_mean(pattern.strip('*'), names)} (layers: {', '.join(names)})"
            )
        for name in matching:
            model.get_layer(name).trainable = False
    if patterns and not model.trainable_variables:
        raise SeqvisionError("train.freeze: leaves no weights to train")


def distances(model: keras.Model) -> dict[str, int]:
    """How far each layer is from the head, by name: 0 is the head, 1 what feeds it.

    The longest way counts, and on it only layers with weights; a normalization is as far as the
    layer before it.
    """
    makers = {id(tensor): op for op in model.operations for tensor in _tensors(op.output)}
    far: dict[str, int] = {}
    for op in reversed(model.operations):  # Sorted, what feeds a layer before it.
        own = far.setdefault(op.name, 0)
        counts = bool(getattr(op, "weights", ())) and not _is_normalization(op)
        for tensor in _tensors(op.input):
            maker = makers.get(id(tensor))
            if maker is not None and maker is not op:
                far[maker.name] = max(far.get(maker.name, 0), own + counts)
    return far


def shares(model: keras.Model, decay: float | None) -> dict[str, float]:
    """The share of the learning rate of each layer, by name: `decay` to the power of its distance.

    1 for all of them if there is no decay.
    """
    if decay is None:
        return {layer.name: 1.0 for layer in model.layers}
    return {name: decay**distance for name, distance in distances(model).items()}


def learning(model: keras.Model, train: Train) -> dict[str, str]:
    """How each layer learns, in words, by name; empty if all do alike and from the beginning.

    `frozen`; `× 0.49`, its share of the learning rate; `from epoch 2`; nothing without weights.

    Args:
        model: with its frozen layers, as `freeze` leaves them.
    """
    if not (train.freeze or train.head_epochs or train.layer_decay):
        return {}
    head, rates = head_of(model), shares(model, train.layer_decay)
    words = {}
    for layer in model.layers:
        said = [f"× {rates[layer.name]:.3g}"] if train.layer_decay else []
        if train.head_epochs and layer is not head:
            later = f"from epoch {train.head_epochs + 1}"
            said.append(later if train.head_epochs < train.epochs else "never")
        said = said or ["yes"]
        if not layer.trainable_variables:
            said = ["frozen"] if layer.weights else []
        words[layer.name] = ", ".join(said)
    return words


def _tensors(nested: Any) -> list[Any]:
    return keras.tree.flatten(nested)


def _is_normalization(layer: Any) -> bool:
    own = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)
    more = (keras.layers.GroupNormalization, keras.layers.RMSNormalization)
    return isinstance(layer, (*own, *more))


class Stages:
    """The stages of a run: the head alone for `head_epochs`, then all that is not frozen.

    A stage has an optimizer of its own, so that no moments are kept of what does not learn. A run
    without `head_epochs` has one stage.

    Args:
        model: not compiled yet.
        compile_model: compiles it for the layers that learn, with the schedule from a step on.
        parent: what a record says of the weights that the model begins with.
    """

    def __init__(
        self,
        model: keras.Model,
        train: Train,
        steps_per_epoch: int,
        compile_model: Callable[[keras.Model, int], None],
        parent: dict[str, Any] | None = None,
    ):
        self.model, self.compile_model, self.parent = model, compile_model, parent
        self.first_epochs = train.head_epochs or 0
        self.steps = self.first_epochs * steps_per_epoch
        freeze(model, train.freeze)
        self.waiting: list[keras.layers.Layer] = []
        if self.first_epochs:
            head = head_of(model)
            if not head.trainable:
                raise SeqvisionError(f"train.head_epochs: freeze matches the head, {head.name!r}")
            learning = [layer for layer in model.layers if layer.trainable_variables]
            self.waiting = [layer for layer in learning if layer is not head]
        self.now: int | None = None
        self.enter(0)

    def ends(self, last: int) -> list[int]:
        """The epochs with which the stages of a run of `last` epochs end."""
        return [*([self.first_epochs] if 0 < self.first_epochs < last else []), last]

    def enter(self, epoch: int) -> None:
        """Compile the model for an epoch, counted from 0, if it belongs to another stage."""
        stage = int(epoch >= self.first_epochs)
        if stage == self.now:
            return
        self.now = stage
        for layer in self.waiting:
            layer.trainable = bool(stage)
        self.compile_model(self.model, self.steps if stage else 0)
