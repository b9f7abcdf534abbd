"""CIFAR-10: small photographs in colour, from its binary version.

The version that Keras loads is made of pickles, which can run code; the binary one cannot.
"""

import tarfile
from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset
from seqvision.data.files import data_folder, read_npz
from seqvision.errors import DataError, DataUnavailable

_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_RECORD = 1 + 3 * 32 * 32
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = ("test_batch.bin",)
_ARCHIVE = "cifar-10-binary.tar.gz"
_HOME = "https://www.cs.toronto.edu/~kriz/"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"


@DATASETS.register("cifar10", train_size=50_000)
def cifar10() -> Dataset:
    """Ten kinds of things in colour, 32×32×3: 50,000 training and 10,000 test images.

    Looked for in `$SEQVISION_DATA/cifar10` (the binary version's .bin files, its archive, or a
    cifar10.npz with x_train, y_train, x_test, y_test), then downloaded. Krizhevsky 2009.

    Raises:
        DataUnavailable: it is in none of these places.
        DataError: what is there is damaged.
    """
    folder = data_folder("cifar10")
    if folder and (folder / "cifar10.npz").is_file():
        found = list(
            read_npz(folder / "cifar10.npz", ("x_train", "y_train", "x_test", "y_test")).values()
        )
        return _dataset(found[:2], found[2:], "cifar10.npz in $SEQVISION_DATA/cifar10")
    if folder and (folder / _TEST[0]).is_file():
        parts = {name: _bytes(folder / name) for name in (*_TRAIN, *_TEST)}
        return _from_parts(parts, "binary files in $SEQVISION_DATA/cifar10")
    if folder and (folder / _ARCHIVE).is_file():
        return _from_parts(_members(folder / _ARCHIVE), "archive in $SEQVISION_DATA/cifar10")
    return _from_parts(_members(_download()), "downloaded, binary version")


def _dataset(train: list[np.ndarray], test: list[np.ndarray], source: str) -> Dataset:
    return make_dataset("cifar10", (train[0], train[1]), (test[0], test[1]), source, _CLASSES)


def _from_parts(parts: dict[str, bytes], source: str) -> Dataset:
    read = {name: _records(content, name) for name, content in parts.items()}
    splits = []
    for names in (_TRAIN, _TEST):
        if missing := [name for name in names if name not in read]:
            raise DataError(f"{source}: lacks {missing[0]}")
        splits.append(
            [np.concatenate(arrays) for arrays in zip(*map(read.get, names), strict=True)]
        )
    return _dataset(*splits, source)


def _records(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images `(n, 32, 32, 3)` and labels of records of one label and three planes of pixels."""
    if not content or len(content) % _RECORD:
        raise DataError(f"{name}: {len(content):,} bytes are not whole records of {_RECORD:,}")
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _members(path: Path) -> dict[str, bytes]:
    """The .bin files of the archive, read in memory: nothing is unpacked to disk."""
    try:
        with tarfile.open(path) as archive:
            wanted = [m for m in archive if m.isfile() and Path(m.name).name in (*_TRAIN, *_TEST)]
            return {Path(m.name).name: archive.extractfile(m).read() for m in wanted}  # type: ignore[union-attr]
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _download() -> Path:
    import keras  # Only now: it takes seconds.

    try:
        return Path(keras.utils.get_file(_ARCHIVE, _HOME + _ARCHIVE, file_hash=_MD5))
    except Exception as error:
        # urllib, sockets, TLS and Keras each have errors of their own for "no network".
        reason = str(error).partition("\n")[0]
        raise DataUnavailable(
            f"cifar10 is not on this machine, nor to be downloaded: {reason}"
        ) from None
