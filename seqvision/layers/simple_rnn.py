"""The plain recurrent layer."""

import keras


@keras.saving.register_keras_serializable("seqvision")
class SimpleRNN(keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with the same arguments, weights and numbers."""
