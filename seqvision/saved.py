"""Loads saved models."""

from pathlib import Path
from typing import TYPE_CHECKING

from seqvision.import_keras import import_keras
from seqvision.model_files import model_file, unreadable
from seqvision.with_keras import import_registered

if TYPE_CHECKING:
    import keras


def load_model(path: str | Path) -> "keras.Model":
    """Load a model from a file that Keras saved, whatever layers, cells and scans it is made of.

    It is `keras.models.load_model` with `safe_mode=True`: no code in the file is run.

    Args:
        path: a `.keras` file, or the folder of a finished run.

    Raises:
        SeqvisionError: there is no such file, it is damaged, or it holds something that is unknown
            here or not safe.
    """
    file = model_file(path, "model", [".keras"])
    keras = import_keras()
    import_registered()
    try:
        return keras.models.load_model(file, safe_mode=True)
    except Exception as error:  # Zip, HDF5, JSON and Keras each have errors of their own.
        raise unreadable(path, "model", error) from None
