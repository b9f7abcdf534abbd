"""Files of series: tables, archives and sound, read as the model's own dataset reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqvision.data.notes import Notes
from seqvision.errors import DataError
from seqvision.prediction.held import Held
from seqvision.prediction.image_files import arrays_to_answer
from seqvision.registry import REQUIRED
from seqvision.specs import name_and_options

if TYPE_CHECKING:
    from seqvision.data.archives.labelled_series import LabelledSeries
    from seqvision.data.sound.features import SoundFeatures


@dataclass(frozen=True)
class SeriesFile:
    """A file of series, not read yet.

    Attributes:
        folders: the names of the folders it lies in, the innermost first; one of them may be the
            class of its series.
    """

    path: Path
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What a model needs of a file.

    Attributes:
        features: how many it reads.
        data: the dataset it was trained on, a name or a spec with options; None if not known.
        labels: whether labels are read, if there are any.
        names: what the features were called in the table it was trained on; None if not known.
    """

    features: int
    data: str | dict[str, Any] | None = None
    labels: bool = False
    names: tuple[str, ...] | None = None

    def options(self, dataset: str) -> dict[str, Any] | None:
        """The options of the model's dataset, defaults included; None if it is another dataset."""
        from seqvision.data import DATASETS

        name, options = name_and_options(self.data) if self.data else ("", {})
        if name != dataset:
            return None
        known = DATASETS.entry(dataset).parameters
        return {p.name: p.default for p in known if p.default is not REQUIRED} | options


Reader = Callable[[Path, Wanted, Notes], Held]
"""Reads the series of a file, each `(steps, features)`; they are checked by who calls it."""


def _of_table(path: Path, wanted: Wanted, notes: Notes) -> Held:
    from seqvision.data.tables.columns import USUAL
    from seqvision.data.tables.read import read_to_answer

    of_folder = wanted.options("csv_folder")
    own = wanted.options("csv") or of_folder or {}
    given = {what: own.get(what) for what in USUAL}
    # By their names, as columns may come in another order.
    layout = own.get("layout") if of_folder is None else "long"
    features = own.get("features") or wanted.names
    told = read_to_answer(str(path), layout, given, features, notes, wanted.features, wanted.labels)
    if not told.series:
        raise DataError(f"{path}: has no rows below its header")
    labels = told.facts.of(range(len(told.series))).get("label")
    return Held(told.series, None if labels is None else np.array(labels, str), told.ids)


def _of_archive(path: Path, _: Wanted, notes: Notes) -> Held:
    from seqvision.data.padding import as_series, name_beside

    def beside(x: str, keys: dict[str, str]) -> list[str]:
        name = name_beside(x, "lengths", keys)
        return [keys[name]] if name else []

    x, y, found = arrays_to_answer(path, notes, beside)
    lengths = [found[name] for name in found if name not in (x, y)]
    series = as_series(found[x], lengths[0] if lengths else None, f"{path}: {x}", notes)
    labels = found[y] if y else None
    if labels is not None and labels.shape[:1] != (len(series),):
        raise DataError(f"{path}: {len(series):,} series, but labels of {labels.shape}")
    return Held(series, labels)


def _of_ts(path: Path, _: Wanted, notes: Notes) -> Held:
    from seqvision.data.archives.ts_format import read_ts

    return _of_labelled(read_ts(path, notes))


def _of_arff(path: Path, _: Wanted, notes: Notes) -> Held:
    from seqvision.data.archives.arff_format import read_arff

    return _of_labelled(read_arff(path, notes))


def _of_tsv(path: Path, wanted: Wanted, notes: Notes) -> Held:
    """The series of a file with tabs.

    It is a table with a header if the model's own dataset was of such, else of the archive's
    format, whose lines begin with a label.
    """
    if any(wanted.options(name) is not None for name in ("csv", "csv_folder")):
        return _of_table(path, wanted, notes)
    from seqvision.data.archives.tsv_format import read_tsv

    return _of_labelled(read_tsv(path, notes))


def _of_labelled(found: "LabelledSeries") -> Held:
    if not found.series:
        raise DataError(f"{found.path}: there are no series")
    return Held(found.series, np.array(found.labels, str))


_OF_ARCHIVES: dict[str, Reader] = {".ts": _of_ts, ".arff": _of_arff, ".tsv": _of_tsv}
READERS: dict[str, Reader] = {
    ".csv": _of_table,
    ".csv.gz": _of_table,
    ".parquet": _of_table,
    ".pq": _of_table,
    ".npz": _of_archive,
    **{
        f"{ending}{packed}": read for packed in ("", ".gz") for ending, read in _OF_ARCHIVES.items()
    },
}
"""What reads a file, by the ending of its name."""


def series_file(path: Path, folders: tuple[str, ...] = ()) -> SeriesFile | None:
    """A file as one of several series; None if it is none by its ending."""
    return SeriesFile(path, folders) if _ending(path) in READERS else None


def read_series(path: Path, wanted: Wanted, notes: Notes) -> Held:
    """The series of a file.

    Raises:
        DataError: it is damaged, or does not hold what the model reads.
    """
    return READERS[_ending(path)](path, wanted, notes)


def read_sound(path: Path, made: "SoundFeatures | None") -> np.ndarray:
    """The series `(frames, features)` of a WAV file.

    Args:
        made: what the model's own dataset made of sound; None if it was another.

    Raises:
        DataError: it is none, or what the model was trained on was no sound.
    """
    from seqvision.data.sound.wav import is_wav, read_wav

    if not is_wav(path):
        raise DataError(f"{path}: holds no series by its ending ({_known()})")
    if made is None:
        raise DataError(
            f"{path}: is sound, and the model was trained on another dataset than wav_folder, so "
            "that it is not known what is to be made of it"
        )
    return made.of(read_wav(path))


def sound_features(wanted: Wanted, source: str) -> "SoundFeatures | None":
    """What the model's own dataset made of sound; None if it was another than `wav_folder`."""
    from seqvision.data.sound.features import SoundFeatures

    own = wanted.options("wav_folder")
    if own is None:
        return None
    names = ("features", "n_mels", "n_mfcc", "rate", "window", "hop")
    return SoundFeatures(source, **{name: own[name] for name in names})


def _known() -> str:
    return ", ".join([ending for ending in READERS if not ending.endswith(".gz")] + [".wav"])


def _ending(path: Path) -> str:
    """`.csv`, or `.csv.gz` of a file that is packed, in lower case."""
    packed = path.suffix.lower() == ".gz"
    return "".join(path.suffixes[-2 if packed else -1 :]).lower()
