"""A layer and its mirror image, which reads from the end."""

from contextlib import nullcontext
from typing import Any

import keras


@keras.saving.register_keras_serializable("seqvision")
class Bidirectional(keras.layers.Bidirectional):
    """`keras.layers.Bidirectional` whose two directions share a CPU's cores.

    Arguments, weights and numbers are Keras's. The directions do not wait for one another, so each
    can have cores of its own and read a whole batch, where a layer alone cuts a batch in shards.
    """

    # Keras asks the signature whether a layer wants to be told of training and of a mask.
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
