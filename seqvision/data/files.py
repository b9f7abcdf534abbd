"""Readers of datasets' file formats; each length in a header is checked before it is used."""

import contextlib
import gzip
import math
import os
import re
import socket
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.data.base import Arrays, Pair
from seqvision.data.left_behind import left_behind
from seqvision.errors import DataError, DataUnavailable
from seqvision.import_keras import import_keras
from seqvision.offline import offline

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
    """Within it `download` raises DataUnavailable at once, and Keras is not imported."""
    before = _downloads.set(False)
    try:
        yield
    finally:
        _downloads.reset(before)


_downloads: ContextVar[bool] = ContextVar("downloads", default=True)


def download(name: str, get: Callable[[Any], Any]) -> Any:
    """Return what `get(keras)` downloads; Keras is imported only for it, as that takes seconds.

    Raises:
        DataUnavailable: it cannot be downloaded now.
    """
    if not _downloads.get():
        raise DataUnavailable(f"{name} is not on this machine")
    if offline():
        raise DataUnavailable(f"{name} is not on this machine, and SEQVISION_OFFLINE is set")
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
    """Read an IDX file, plain or gzipped (LeCun's format, big-endian).

    Raises:
        DataError: it is not IDX, does not unpack, or is not as long as its header says.
    """
    content = _unpacked(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise DataError(f"{path}: not an IDX file (it begins {content[:4].hex(' ')})")
    dtype, rank = np.dtype(_IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * rank
    if len(content) < start or not 1 <= rank <= 4:
        raise DataError(f"{path}: its header is cut short or wrong")
    shape = tuple(int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank))
    if len(content) - start != (size := math.prod(shape) * dtype.itemsize):
        raise DataError(
            f"{path}: its header says {shape}, {size:,} bytes; it holds {len(content) - start:,}"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_IDX_NAME = re.compile(
    r"(?P<set>.*?)[-_.]?(?P<part>train|t10k|test|val|valid|validation)"
    r"[-_.](?P<what>images|labels)[-_.]idx\d[-_.]ubyte(\.gz)?",
    re.IGNORECASE,
)
_IDX_RANKS = {"images": 3, "labels": 1}
_IDX_PARTS = {"train": "train", "t10k": "t10k", "test": "t10k"}


def read_idx_folder(folder: Path) -> Arrays | None:
    """Read MNIST's four files: images and labels to train and to test; None if there are none.

    Raises:
        DataError: as `read_idx_parts`.
    """
    parts = read_idx_parts(folder)
    return (*parts["train"], *parts["t10k"]) if parts else None


def read_idx_parts(folder: Path) -> dict[str, Pair]:
    """Read images and labels by `train`, `t10k` and, where there is one, `val`.

    The result is empty if the folder has none of these files.

    Raises:
        DataError: some of the files are missing, or one is damaged.
    """
    found = _idx_files(folder)
    names = {stem.partition("-")[0] for stem in found} | {"train", "t10k"} if found else ()
    ranks = {f"{part}-{what}": rank for part in names for what, rank in _IDX_RANKS.items()}
    if missing := sorted(ranks.keys() - found.keys()):
        name = f"{missing[-1]}-idx{ranks[missing[-1]]}-ubyte"
        raise DataError(f"{folder}: lacks {name} (or {name}.gz)")
    arrays = {}
    for stem, rank in ranks.items():
        arrays[stem] = array = read_idx(found[stem])
        if array.ndim != rank:
            raise DataError(f"{found[stem]}: expected {rank} dimensions, got {array.ndim}")
    return {part: (arrays[f"{part}-images"], arrays[f"{part}-labels"]) for part in names}


def _idx_files(folder: Path) -> dict[str, Path]:
    """Files named as MNIST's are, by `train-images`, `t10k-labels` or `val-images`.

    Names may have dots for dashes, a leading name of the set (`emnist-letters-…`), or `.gz`.

    Raises:
        DataError: the folder holds several sets.
    """
    sets: dict[str, dict[str, Path]] = {}
    # Of two copies the unpacked one is read.
    for path in sorted(folder.iterdir(), key=lambda p: (p.suffix.lower() == ".gz", p.name)):
        match = _IDX_NAME.fullmatch(path.name)
        if match and path.is_file() and not left_behind(path.name):
            part = _IDX_PARTS.get(match["part"].lower(), "val")
            files = sets.setdefault(match["set"], {})
            files.setdefault(f"{part}-{match['what'].lower()}", path)
    if len(sets) > 1 and "" not in sets:
        raise DataError(f"{folder}: holds several sets, {', '.join(sets)}; give each a folder")
    return sets.get("") or next(iter(sets.values()), {})


def read_npz(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays of an .npz file; nothing in it is unpickled.

    Raises:
        DataError: it is damaged, lacks a key, holds objects, or an array is not as large as its
            header says.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := [key for key in keys if key not in archive.files]:
                has = ", ".join(archive.files)
                raise DataError(f"{path}: has no array {missing[0]!r}; it has {has or 'none'}")
            with zipfile.ZipFile(path) as members:
                if sum(m.file_size for m in members.infolist()) > _LARGEST:
                    raise DataError(f"{path}: unpacks to more than {_LARGEST:,} bytes")
                for key in keys:
                    _check_header(path, members, key)
            return {key: archive[key] for key in keys}
    except DataError:
        raise
    except Exception as error:
        # zipfile, zlib and NumPy's header reader have a dozen errors for a damaged file.
        raise DataError(f"{path}: not an .npz file, or damaged: {error}") from None


def _check_header(path: Path, archive: zipfile.ZipFile, key: str) -> None:
    """Refuse an array of objects, or one that is not as large as its header says.

    NumPy would make room for what the header says.
    """
    name = key if key in archive.namelist() else f"{key}.npy"
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        if version not in _NPY_HEADERS:
            raise DataError(f"{path}: array {key!r} is of no known format, {version}")
        shape, _, dtype = _NPY_HEADERS[version](member)
        begin = member.tell()
    if dtype.hasobject:
        raise DataError(
            f"{path}: array {key!r} holds pickled objects, which are not read: save numbers, or "
            "texts as `y.astype(str)`; series of unequal length as (n, steps, features) with NaN "
            "after the end of each"
        )
    size, held = math.prod(shape) * dtype.itemsize, archive.getinfo(name).file_size - begin
    if size != held:
        raise DataError(
            f"{path}: the header of array {key!r} says {shape} of {dtype}, {size:,} bytes; "
            f"it holds {held:,}"
        )


_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


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


def _unpacked(path: Path) -> bytes:
    """A file's content, unpacked if its first bytes, not its name, say that it is gzipped."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                return path.read_bytes()
        with gzip.open(path) as file:
            content = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if len(content) > _LARGEST:
        raise DataError(f"{path}: unpacks to more than {_LARGEST:,} bytes")
    return content
