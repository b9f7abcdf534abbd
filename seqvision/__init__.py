"""Sequence classifiers for Keras 3, above all for images read as sequences.

`import seqvision` is light: what is public, listed in `__init__.pyi`, is imported when first used.
"""

from typing import Any

import lazy_loader

from seqvision.old_names import old_name
from seqvision.with_keras import register_with_keras

__version__ = "0.1.0"
_import, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    return _import(name) if name in __all__ else old_name(__name__, name)


register_with_keras()
