"""A person's own images in a NumPy archive."""

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset, person_path
from seqvision.data.files import npz_keys, read_npz
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
        arrays = list(read_npz(file, ("x_train", "y_train", "x_test", "y_test")).values())
        return make_dataset(name, (arrays[0], arrays[1]), (arrays[2], arrays[3]), path)
    found = read_npz(file, ("x", "y"))
    whole = make_dataset(name, (found["x"], found["y"]), (found["x"], found["y"]), path).train
    train, held_out = hold_out(whole.images, whole.labels, test)
    return make_dataset(name, train, held_out, path)
