"""Wrappers: a cell around another cell, each kind one file.

A config puts them around its cells with `wrap: [dropout, {name: zoneout, rate: 0.1}]`: the first
is the innermost. In Python: `ZoneoutWrapper(DropoutWrapper(GRUCell(128)), rate=0.1)`.
"""

from seqvision.registry import Registry

WRAPPERS = Registry("wrapper", __name__, group="seqvision.wrappers", given=("cell",), of_keras=True)
__getattr__ = WRAPPERS.attribute


def __dir__() -> list[str]:
    return WRAPPERS.attributes()
