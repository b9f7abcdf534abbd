"""Keras layers that anyone can import: cells run over time, and pooling over time."""

from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.gru import GRU
from seqvision.layers.recurrent import Recurrent

__all__ = ["GRU", "Recurrent", "recurrent_layer"]
