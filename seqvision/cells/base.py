"""The Keras layer that a cell of ours is."""

from typing import Any

import keras
from keras import ops

from seqvision.cells.protocol import Cell
from seqvision.registry import options_of


class CellLayer(Cell, keras.layers.Layer):
    """A cell of our own: a Keras layer whose config is its constructor's arguments.

    A subclass keeps every argument as an attribute of the same name and sets `state_size`, an
    int or a list of them, and `output_size`.
    """

    def add_weight(self, shape: Any = None, initializer: Any = None, **kwargs: Any) -> Any:
        """Add a weight as Keras does, but never draw two from the same random numbers."""
        if isinstance(initializer, keras.initializers.Initializer):
            # Called twice for the same shape, a Keras initializer gives the same values twice.
            initializer = initializer.clone()
        return super().add_weight(shape, initializer, **kwargs)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return a zero tensor `(batch, size)` for each state."""
        sizes = [self.state_size] if isinstance(self.state_size, int) else self.state_size
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self) -> dict[str, Any]:
        own = {p.name: _plain(getattr(self, p.name)) for p in options_of(type(self))}
        return {**super().get_config(), **own}


def _plain(value: Any) -> Any:
    """What a config holds of an argument: activations by name, Keras's objects by their config."""
    if isinstance(value, _SERIALIZED):
        return keras.saving.serialize_keras_object(value)
    if callable(value):
        return keras.activations.serialize(value)
    return list(value) if isinstance(value, (list, tuple)) else value


_SERIALIZED = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.layers.Layer,
)
