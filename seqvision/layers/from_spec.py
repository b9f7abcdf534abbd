"""A recurrent layer from what a config says of its cell."""

from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.layers.gru import GRU
from seqvision.layers.lstm import LSTM
from seqvision.layers.recurrent import Recurrent
from seqvision.layers.simple_rnn import SimpleRNN
from seqvision.options import build, name_and_options

_OWN_LAYER = {"gru": GRU, "lstm": LSTM, "simple_rnn": SimpleRNN}


def recurrent_layer(cell: str | dict[str, Any], units: int, **kwargs: Any) -> keras.layers.RNN:
    """Return the layer that runs a cell over time.

    Args:
        cell: a spec such as `"gru"` or `{"name": "gru", "reset_after": False}`.
        units: the size of the cell's state.
        kwargs: what `keras.layers.RNN` takes, such as `return_sequences` and `go_backwards`.
    """
    name, options = name_and_options(cell)
    if name in _OWN_LAYER:
        return _OWN_LAYER[name](units, **options, **kwargs)
    return Recurrent(build(CELLS, cell, units), **kwargs)
