"""The user's own images in MNIST's format."""

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Dataset
from seqvision.data.files import read_idx_parts
from seqvision.data.person_path import person_path
from seqvision.errors import DataError
from seqvision.options import FilePath, Pixels


@DATASETS.register("idx")
def idx(path: FilePath, pixels: Pixels = "auto") -> Dataset:
    """Your own folder of IDX files, named as MNIST's four are, plain or gzipped.

    Args:
        path: the folder that holds train-images-idx3-ubyte, train-labels-idx1-ubyte,
            t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte; and val-images-… and val-labels-…,
            if there are validation images.
        pixels: the values of black and white, such as `0..1`; `auto` infers them from all pixels.

    Raises:
        DataError: the folder or a file is missing, is damaged, or the files do not fit together.
    """
    folder = person_path(path)
    parts = read_idx_parts(folder) if folder.is_dir() else None
    if not parts:
        raise DataError(
            f"{path}: holds none of MNIST's four files, such as train-images-idx3-ubyte"
        )
    return make_dataset(
        f"idx:{folder.name}",
        (*parts["train"], *parts["t10k"]),
        path,
        validation=parts.get("val"),
        pixels=pixels,
    )
