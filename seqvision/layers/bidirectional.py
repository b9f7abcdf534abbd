"""A recurrent layer and a copy of it that reads from the end."""

from typing import Any

import keras

from seqvision.cores import side_by_side


@keras.saving.register_keras_serializable("seqvision")
class Bidirectional(keras.layers.Bidirectional):
    """`keras.layers.Bidirectional` whose two directions share a CPU's cores.

    Arguments, weights and numbers are Keras's. The directions run side by side on different cores,
    each with the whole batch, where a single layer cuts the batch into shards.

    Examples:
        >>> import keras
        >>> from seqvision.layers import Bidirectional
        >>> layer = Bidirectional(keras.layers.GRU(16), merge_mode="sum")
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)
    """

    # Keras reads in the signature whether to pass `training` and `mask`.
    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        with side_by_side(_at_once()):
            return super().call(sequences, initial_state, mask, training)


def _at_once() -> int:
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    # Eagerly, or with one thread for operations, one runs after the other.
    alone = tf.config.threading.get_inter_op_parallelism_threads() == 1
    return 2 if tf.inside_function() and not alone else 1
