"""Sequence classifiers for Keras 3, above all for images read as sequences.

`import seqvision` is light: Keras is imported when something first needs it.
"""

import importlib
from typing import TYPE_CHECKING, Any

from seqvision.with_keras import register_with_keras

if TYPE_CHECKING:
    from seqvision.compare.records import load_records
    from seqvision.compare.table import compare
    from seqvision.compare.trials import load_trials
    from seqvision.errors import SeqvisionError
    from seqvision.runs.api import run
    from seqvision.sweep.tune.api import tune
    from seqvision.sweep.tune.hypermodel import hypermodel
    from seqvision.zoo import create_model, list_models

__version__ = "0.1.0"
__all__ = [
    "SeqvisionError",
    "compare",
    "create_model",
    "hypermodel",
    "list_models",
    "load_records",
    "load_trials",
    "run",
    "tune",
]

_HOMES = {
    "SeqvisionError": "seqvision.errors",
    "compare": "seqvision.compare.table",
    "create_model": "seqvision.zoo",
    "hypermodel": "seqvision.sweep.tune.hypermodel",
    "list_models": "seqvision.zoo",
    "load_records": "seqvision.compare.records",
    "load_trials": "seqvision.compare.trials",
    "run": "seqvision.runs.api",
    "tune": "seqvision.sweep.tune.api",
}

# `compare` is a function here and a folder too. Python puts a folder in its parent's namespace when
# it is first imported: done now, and undone, that never comes between. What the folder holds is had
# by `from seqvision.compare import records`.
importlib.import_module("seqvision.compare")
globals().pop("compare", None)

register_with_keras()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'seqvision' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
