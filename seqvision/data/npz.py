"""A person's own images in a NumPy archive."""

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset, person_path
from seqvision.data.files import npz_keys, read_npz, read_npz_splits
from seqvision.data.split import hold_out
from seqvision.options import FilePath, Rate


@DATASETS.register("npz")
def npz(path: FilePath, test: Rate = 0.2) -> Dataset:
    """Your own .npz file: x_train, y_train, x_test and y_test, or x and y.

    Args:
        path: the file. Images `(n, height, width[, channels])`, labels whole numbers from 0.
        test: with x and y alone, the share of each class that is kept for testing.

    Raises:
        DataError: the file is not there, is damaged, or its arrays do not fit.
    """
    file = person_path(path)
    name = f"npz:{file.name}"
    if "x_train" in npz_keys(file):
        return make_dataset(name, read_npz_splits(file), path)
    found = read_npz(file, ("x", "y"))
    x, y = found["x"], found["y"]
    whole = make_dataset(name, (x, y, x, y), path).train  # Checked before it is split.
    return make_dataset(name, hold_out(whole.images, whole.labels, test), path)
