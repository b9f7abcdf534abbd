"""Fashion-MNIST: clothes in MNIST's format."""

from pathlib import Path

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Arrays, Dataset
from seqvision.data.files import data_folder, download, keras_cache, read_idx_folder
from seqvision.errors import DataError

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


@DATASETS.register(
    "fashion_mnist", train_size=60_000, input_shape=(28, 28), num_classes=10, background="dark"
)
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
    return make_dataset("fashion_mnist", arrays, source, _CLASSES, pixels="0..255")


def _find() -> tuple[Arrays, str]:
    places = {
        "$SEQVISION_DATA/fashion_mnist": data_folder("fashion_mnist"),
        "Debian's dataset-fashion-mnist": _DEBIAN if _DEBIAN.is_dir() else None,
        "Keras's downloads": keras_cache("fashion-mnist"),
    }
    for place, folder in places.items():
        if folder and (arrays := read_idx_folder(folder)):
            return arrays, f"IDX files in {place}"
    (x, y), (x_test, y_test) = download(
        "fashion_mnist (Debian: dataset-fashion-mnist)",
        lambda keras: keras.datasets.fashion_mnist.load_data(),
    )
    return (x, y, x_test, y_test), "downloaded through Keras"
