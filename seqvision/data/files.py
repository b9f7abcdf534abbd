"""Readers of the file formats that datasets come in, each length checked before it is believed."""

import contextlib
import gzip
import math
import os
import socket
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.data.base import Arrays
from seqvision.errors import DataError, DataUnavailable
from seqvision.import_keras import import_keras

_LARGEST = 4 * 2**30  # bytes: no image set that fits in memory is larger


def data_folder(name: str) -> Path | None:
    """`$SEQVISION_DATA/<name>`, when there is such a folder."""
    root = os.environ.get("SEQVISION_DATA")
    if not root:
        return None
    if not Path(root).expanduser().is_dir():
        raise DataError(f"SEQVISION_DATA is {root}, and there is no such folder")
    folder = Path(root).expanduser() / name
    return folder if folder.is_dir() else None


def keras_cache(name: str) -> Path | None:
    """A file or folder that Keras has downloaded before."""
    home = os.environ.get("KERAS_HOME")
    path = (Path(home) if home else Path.home() / ".keras") / "datasets" / name
    return path if path.exists() else None


@contextlib.contextmanager
def nothing_downloaded() -> Iterator[None]:
    """Within it a dataset is on this machine or cannot be had; Keras is not imported."""
    before = _downloads.set(False)
    try:
        yield
    finally:
        _downloads.reset(before)


_downloads: ContextVar[bool] = ContextVar("downloads", default=True)


def download(name: str, get: Callable[[Any], Any]) -> Any:
    """Return what `get(keras)` downloads; Keras is imported only for it, as that takes seconds.

    Raises:
        DataUnavailable: it cannot be had now.
    """
    if not _downloads.get():
        raise DataUnavailable(f"{name} is not on this machine")
    keras = import_keras()
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)  # seconds; without it a network that drops packets hangs a run
    try:
        # Keras draws its progress bar on stdout, which belongs to results (`--json`).
        with contextlib.redirect_stdout(sys.stderr):
            return get(keras)
    except Exception as error:
        # urllib, sockets, TLS and Keras each have errors of their own for "no network".
        reason = str(error).partition("\n")[0]
        raise DataUnavailable(
            f"{name} is not on this machine, nor to be downloaded: {reason}"
        ) from None
    finally:
        socket.setdefaulttimeout(patience)


def read_idx(path: Path) -> np.ndarray:
    """Read an IDX file of unsigned bytes, plain or gzipped (LeCun's format, big-endian header).

    Raises:
        DataError: it is not IDX, cut short, longer than it says, or does not unpack.
    """
    content = _unpacked(path)
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{path}: not an IDX file of bytes (it begins {content[:4].hex(' ')})")
    rank = content[3]
    start = 4 + 4 * rank
    if len(content) < start or not 1 <= rank <= 4:
        raise DataError(f"{path}: its header is cut short or wrong")
    shape = tuple(int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank))
    if len(content) - start != math.prod(shape):
        raise DataError(
            f"{path}: its header says {shape}, {math.prod(shape):,} bytes; "
            f"it holds {len(content) - start:,}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_idx_folder(folder: Path) -> Arrays | None:
    """Read MNIST's four files: training images, labels, test images, labels; None if none is there.

    Raises:
        DataError: one is missing while others are there, or is damaged.
    """
    stems = [f"{part}-{what}" for part in ("train", "t10k") for what in _IDX_NAMES]
    paths = [_plain_or_gz(folder, stem) for stem in stems]
    if not any(paths):
        return None
    if missing := [stem for stem, path in zip(stems, paths, strict=True) if path is None]:
        raise DataError(f"{folder}: lacks {missing[0]} (or {missing[0]}.gz)")
    x, y, x_test, y_test = (read_idx(path) for path in paths if path)
    for stem, array, rank in zip(stems, (x, y, x_test, y_test), (3, 1, 3, 1), strict=True):
        if array.ndim != rank:
            raise DataError(f"{folder / stem}: expected {rank} dimensions, got {array.ndim}")
    return x, y, x_test, y_test


_IDX_NAMES = ("images-idx3-ubyte", "labels-idx1-ubyte")


def read_npz(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays of an .npz file; nothing in it is unpickled.

    Raises:
        DataError: it is damaged, lacks a key, or holds objects.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := [key for key in keys if key not in archive.files]:
                has = ", ".join(archive.files)
                raise DataError(f"{path}: has no array {missing[0]!r}; it has {has or 'none'}")
            with zipfile.ZipFile(path) as members:
                if sum(m.file_size for m in members.infolist()) > _LARGEST:
                    raise DataError(f"{path}: unpacks to more than {_LARGEST:,} bytes")
            return {key: archive[key] for key in keys}
    except DataError:
        raise
    except Exception as error:
        # zipfile, zlib and NumPy's header reader have a dozen errors for a damaged file.
        if "pickle" in str(error):
            raise DataError(f"{path}: holds pickled objects, which are not read") from None
        raise DataError(f"{path}: not an .npz file, or damaged: {error}") from None


def read_npz_splits(path: Path) -> Arrays:
    """Read an .npz file that has the four arrays of Keras's mnist.npz.

    Raises:
        DataError: as `read_npz`.
    """
    found = read_npz(path, ("x_train", "y_train", "x_test", "y_test"))
    return found["x_train"], found["y_train"], found["x_test"], found["y_test"]


def npz_keys(path: Path) -> list[str]:
    """The names of the arrays in an .npz file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not an .npz file, or damaged: {error}") from None


def _plain_or_gz(folder: Path, stem: str) -> Path | None:
    # Some copies of MNIST have a dot where the original has a dash.
    for name in (stem, f"{stem}.gz", stem.replace("-idx", ".idx")):
        if (folder / name).is_file():
            return folder / name
    return None


def _unpacked(path: Path) -> bytes:
    try:
        if path.suffix != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            content = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if len(content) > _LARGEST:
        raise DataError(f"{path}: unpacks to more than {_LARGEST:,} bytes")
    return content
