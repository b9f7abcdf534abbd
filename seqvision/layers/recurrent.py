"""Any cell, run over time."""

import keras


@keras.saving.register_keras_serializable("seqvision")
class Recurrent(keras.layers.RNN):
    """`keras.layers.RNN` for a cell in two parts."""
