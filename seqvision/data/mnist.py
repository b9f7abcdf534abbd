"""MNIST: 60,000 training and 10,000 test images of handwritten digits, 28×28."""

import hashlib

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Arrays, Dataset
from seqvision.data.files import (
    data_folder,
    download,
    keras_cache,
    read_idx_folder,
    read_npz_splits,
)
from seqvision.errors import DataError

_SHA256 = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"
"""Of the pixels and labels of the four original files."""


@DATASETS.register(
    "mnist", train_size=60_000, input_shape=(28, 28), num_classes=10, background="dark"
)
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
    return make_dataset("mnist", arrays, source, pixels="0..255")


def _find() -> tuple[Arrays, str]:
    folder = data_folder("mnist")
    if folder and (arrays := read_idx_folder(folder)):
        return arrays, "IDX files in $SEQVISION_DATA/mnist"
    if folder and (folder / "mnist.npz").is_file():
        return read_npz_splits(folder / "mnist.npz"), "mnist.npz in $SEQVISION_DATA/mnist"
    if path := keras_cache("mnist.npz"):
        return read_npz_splits(path), "mnist.npz among Keras's downloads"
    (x, y), (x_test, y_test) = download("mnist", lambda keras: keras.datasets.mnist.load_data())
    return (x, y, x_test, y_test), "downloaded through Keras"
