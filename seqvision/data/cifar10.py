"""CIFAR-10: small photographs in colour, from its binary version.

The version that Keras loads is made of pickles, which can run code; the binary one cannot.
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Arrays, Dataset
from seqvision.data.files import data_folder, download, read_npz_splits
from seqvision.errors import DataError

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
_SIZES = (50_000, 10_000)
_RECORD = 1 + 3 * 32 * 32
_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_TEST = ("test_batch.bin",)
_ARCHIVE = "cifar-10-binary.tar.gz"
_HOME = "https://www.cs.toronto.edu/~kriz/"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"


@DATASETS.register("cifar10", train_size=50_000, input_shape=(32, 32, 3), num_classes=10)
def cifar10() -> Dataset:
    """Ten kinds of things in colour, 32×32×3: 50,000 training and 10,000 test images.

    Looked for in `$SEQVISION_DATA/cifar10` (the binary version's .bin files, its archive, or a
    cifar10.npz with x_train, y_train, x_test, y_test), then downloaded. Krizhevsky 2009.

    Raises:
        DataUnavailable: it is in none of these places.
        DataError: what is there is damaged.
    """
    arrays, source = _find()
    if (sizes := (len(arrays[0]), len(arrays[2]))) != _SIZES:
        raise DataError(f"{source}: expected {_SIZES} images for training and test, got {sizes}")
    return make_dataset("cifar10", arrays, source, _CLASSES, pixels="0..255")


def _find() -> tuple[Arrays, str]:
    folder = data_folder("cifar10")
    if folder and (folder / "cifar10.npz").is_file():
        return read_npz_splits(folder / "cifar10.npz"), "cifar10.npz in $SEQVISION_DATA/cifar10"
    if folder and (folder / _TEST[0]).is_file():
        parts = {name: _bytes(folder / name) for name in (*_TRAIN, *_TEST)}
        return _joined(parts, folder), "binary files in $SEQVISION_DATA/cifar10"
    if folder and (folder / _ARCHIVE).is_file():
        found = folder / _ARCHIVE
        return _joined(_members(found), found), "archive in $SEQVISION_DATA/cifar10"
    got = download(
        "cifar10", lambda keras: keras.utils.get_file(_ARCHIVE, _HOME + _ARCHIVE, file_hash=_MD5)
    )
    return _joined(_members(Path(got)), Path(got)), "downloaded, binary version"


def _joined(parts: dict[str, bytes], path: Path) -> Arrays:
    if missing := [name for name in (*_TRAIN, *_TEST) if name not in parts]:
        raise DataError(f"{path}: lacks {missing[0]}")
    train = [_records(parts[name], name) for name in _TRAIN]
    x, y = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
    return x, y, *_records(parts[_TEST[0]], _TEST[0])


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
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
