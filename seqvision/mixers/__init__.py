"""Mixers: layers that mix the steps of a sequence, all of them at once, each mixer one file.

`from seqvision.mixers import S4D` imports that one file.
"""

from seqvision.registry import Registry

MIXERS = Registry("mixer", __name__, of_keras=True)
__getattr__ = MIXERS.attribute


def __dir__() -> list[str]:
    return MIXERS.attributes()
