"""Cells: what happens in one time step, each cell family one file.

`from seqvision.cells import GRUCell` imports that one file.
"""

from seqvision.registry import Registry

CELLS = Registry("cell", __name__, given=("units",), of_keras=True)
__getattr__ = CELLS.attribute


def __dir__() -> list[str]:
    return CELLS.attributes()
