"""A person's own images in MNIST's format."""

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset, person_path
from seqvision.data.files import read_idx_folder
from seqvision.errors import DataError
from seqvision.options import FilePath


@DATASETS.register("idx")
def idx(path: FilePath) -> Dataset:
    """Your own folder of IDX files, named as MNIST's four are, plain or .gz.

    Args:
        path: the folder that holds train-images-idx3-ubyte, train-labels-idx1-ubyte,
            t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte.

    Raises:
        DataError: the folder or a file is missing, is damaged, or they do not fit.
    """
    folder = person_path(path)
    arrays = read_idx_folder(folder) if folder.is_dir() else None
    if arrays is None:
        raise DataError(
            f"{path}: holds none of MNIST's four files, such as train-images-idx3-ubyte"
        )
    return make_dataset(f"idx:{folder.name}", arrays, path)
