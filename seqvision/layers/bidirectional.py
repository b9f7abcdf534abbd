"""A recurrent layer and a copy of it that reads from the end."""

from contextlib import nullcontext
from typing import Any

import keras


@keras.saving.register_keras_serializable("seqvision")
class Bidirectional(keras.layers.Bidirectional):
    """`keras.layers.Bidirectional` whose two directions share a CPU's cores.

    Arguments, weights and numbers are Keras's. The directions run side by side on different cores,
    each with the whole batch, where a single layer cuts the batch into shards.
    """

    # Keras reads in the signature whether to pass `training` and `mask`.
    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        with _two_layers():
            return super().call(sequences, initial_state, mask, training)


def _two_layers() -> Any:
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    from seqvision.layers.engine import shards

    return shards.side_by_side(2)
