"""The LSTM layer."""

import keras


@keras.saving.register_keras_serializable("seqvision")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` with the same arguments, weights and numbers."""
