"""Inputs: what a model does to raw samples before it reads them, each input one file."""

from seqvision.registry import Registry

INPUTS = Registry("input", __name__, given=("shape",), of_keras=True)
__getattr__ = INPUTS.attribute


def __dir__() -> list[str]:
    return INPUTS.attributes()
