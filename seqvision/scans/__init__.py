"""Scans: the order in which an image is read as a sequence, each scan one file."""

from seqvision.registry import Registry

SCANS = Registry("scan", __name__, of_keras=True)
__getattr__ = SCANS.attribute


def __dir__() -> list[str]:
    return SCANS.attributes()
