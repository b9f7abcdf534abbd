"""Fashion-MNIST: clothes in MNIST's format."""

from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset
from seqvision.data.files import data_folder, read_idx_folder
from seqvision.errors import DataError, DataUnavailable

_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@DATASETS.register("fashion_mnist", train_size=60_000)
def fashion_mnist() -> Dataset:
    """Ten kinds of clothes, 28×28: 60,000 training and 10,000 test images.

    Looked for in `$SEQVISION_DATA/fashion_mnist`, in Debian's package dataset-fashion-mnist, then
    got through Keras. Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747.

    Raises:
        DataUnavailable: it is in none of these places.
        DataError: what is there is damaged.
    """
    arrays, source = _find()
    sizes = [len(array) for array in arrays]
    if sizes != [60_000, 60_000, 10_000, 10_000]:
        raise DataError(f"{source}: expected 60,000 and 10,000 images and labels, got {sizes}")
    return make_dataset("fashion_mnist", arrays[:2], arrays[2:], source, _CLASSES)


def _find() -> tuple[tuple[np.ndarray, ...], str]:
    folder = data_folder("fashion_mnist")
    if folder and (arrays := read_idx_folder(folder)):
        return arrays, "IDX files in $SEQVISION_DATA/fashion_mnist"
    if _DEBIAN.is_dir() and (arrays := read_idx_folder(_DEBIAN)):
        return arrays, "Debian's dataset-fashion-mnist"
    import keras  # Only now: it takes seconds.

    try:
        (x, y), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    except Exception as error:
        # urllib, sockets, TLS and Keras each have errors of their own for "no network".
        reason = str(error).partition("\n")[0]
        raise DataUnavailable(
            "fashion_mnist is not on this machine (Debian has it as dataset-fashion-mnist), "
            f"nor to be downloaded: {reason}"
        ) from None
    return (x, y, x_test, y_test), "through Keras"
