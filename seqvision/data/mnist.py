"""MNIST: 60,000 training and 10,000 test images of handwritten digits, 28×28."""

import hashlib

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset
from seqvision.data.files import data_folder, keras_cache, read_idx_folder, read_npz
from seqvision.errors import DataError, DataUnavailable

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
"""Of the pixels and labels of the four original files, in the order of `_KEYS`."""


@DATASETS.register("mnist", train_size=60_000)
def mnist() -> Dataset:
    """Handwritten digits, 28×28, in full: 60,000 training and 10,000 test images.

    Looked for in `$SEQVISION_DATA/mnist` (IDX files, plain or .gz, or mnist.npz), then among
    Keras's downloads, then downloaded through Keras. LeCun, Cortes & Burges 1998.

    Raises:
        DataUnavailable: it is in none of these places.
        DataError: what is there is damaged or not MNIST.
    """
    arrays, source = _find()
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    if digest.hexdigest() != _SHA256:
        raise DataError(f"{source}: damaged, or not MNIST (the checksum differs)")
    return make_dataset("mnist", arrays[:2], arrays[2:], source)


def _find() -> tuple[tuple[np.ndarray, ...], str]:
    folder = data_folder("mnist")
    if folder and (arrays := read_idx_folder(folder)):
        return arrays, "IDX files in $SEQVISION_DATA/mnist"
    if folder and (folder / "mnist.npz").is_file():
        found = read_npz(folder / "mnist.npz", _KEYS)
        return tuple(found.values()), "mnist.npz in $SEQVISION_DATA/mnist"
    if path := keras_cache("mnist.npz"):
        return tuple(read_npz(path, _KEYS).values()), "mnist.npz among Keras's downloads"
    import keras  # Only now: it takes seconds.

    try:
        (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:
        # urllib, sockets, TLS and Keras each have errors of their own for "no network".
        reason = str(error).partition("\n")[0]
        raise DataUnavailable(
            f"mnist is not on this machine, nor to be downloaded: {reason}"
        ) from None
    return (x, y, x_test, y_test), "downloaded through Keras"
