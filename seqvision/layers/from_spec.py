"""Builds a recurrent layer from the spec of its cell."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.layers.gru import GRU
from seqvision.layers.lstm import LSTM
from seqvision.layers.recurrent import Recurrent
from seqvision.layers.simple_rnn import SimpleRNN
from seqvision.specs import as_keras_takes, build, name_and_options

_OWN_LAYER = {"gru": GRU, "lstm": LSTM, "simple_rnn": SimpleRNN}


def recurrent_layer(
    cell: str | dict[str, Any],
    units: int,
    wrap: Sequence[str | dict[str, Any]] = (),
    **kwargs: Any,
) -> keras.layers.RNN:
    """Return the layer that runs a cell over time.

    Args:
        cell: a spec such as `"gru"` or `{"name": "gru", "reset_after": False}`.
        units: the size of the cell's state.
        wrap: specs of wrappers to put around the cell, the innermost first.
        kwargs: what `keras.layers.RNN` takes, such as `return_sequences` and `go_backwards`; the
            cell gets `dtype` too.

    Examples:
        >>> import keras
        >>> from seqvision.layers import recurrent_layer
        >>> layer = recurrent_layer("indrnn", 16, wrap=["residual"], return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 16))))
        (2, 5, 16)
    """
    name, options = name_and_options(cell)
    if name in _OWN_LAYER and not wrap:
        options = as_keras_takes(CELLS.entry(name), options)
        return _OWN_LAYER[name](units, **options, **kwargs)
    built = build(CELLS, cell, units, dtype=kwargs.get("dtype"))
    for wrapper in wrap:
        built = build(WRAPPERS, wrapper, built)
    return Recurrent(built, **kwargs)  # type: ignore[call-arg]
