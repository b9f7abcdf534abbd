"""Sequence classifiers for Keras 3, above all for images read as sequences.

`import seqvision` is light: what is public, listed in `__init__.pyi`, is imported when first used.
"""

import lazy_loader

from seqvision.with_keras import register_with_keras

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

register_with_keras()
