"""A cell with attention over its own past outputs, for configs that name the cell within."""

from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.cells.wrappers.attention import AttentionCellWrapper
from seqvision.options import CellSpec, PositiveInt
from seqvision.specs import build


@CELLS.register(
    "attention",
    paper="Bahdanau et al. 2014, arXiv 1409.0473",
    states="those of the cell, size, length · size",
)
@keras.saving.register_keras_serializable("seqvision")
class AttentionCell(AttentionCellWrapper):
    """Any cell, with attention over the last `length` outputs.

    It is the wrapper `attention` around a cell that it builds itself:

        cell: {name: attention, cell: lstm, length: 10}

    Args:
        units: size of the cell.
        cell: the name of the cell, or `{name: …, option: …}`, or the cell itself.
        others: those of `AttentionCellWrapper`, which has the equations.

    Examples:
        >>> import keras
        >>> from seqvision.cells import AttentionCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(AttentionCell(16, cell="lstm", length=4), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """

    def __init__(self, units: PositiveInt, cell: CellSpec = "lstm", **kwargs: Any):
        if isinstance(cell, (str, dict)):
            cell = build(CELLS, cell, units, dtype=kwargs.get("dtype"))
        super().__init__(cell, **kwargs)
        self.units = units
