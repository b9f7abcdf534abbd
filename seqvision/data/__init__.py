"""Datasets: NumPy arrays of images and labels, each dataset one file."""

import importlib
from typing import Any

from seqvision.registry import Registry

DATASETS = Registry("dataset", __name__, group="seqvision.datasets")

_HOMES = {
    "Dataset": "base",
    "Split": "base",
    "load": "loading",
    "split_validation": "split",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return DATASETS.attribute(name)
