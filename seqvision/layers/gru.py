"""The GRU layer."""

import keras


@keras.saving.register_keras_serializable("seqvision")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU` with the same arguments, weights and numbers."""
