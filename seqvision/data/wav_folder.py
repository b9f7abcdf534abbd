"""The user's own sound: a folder of WAV files for each class."""

from collections import Counter
from typing import Literal

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.class_folders import class_folders
from seqvision.data.folders import Survey
from seqvision.data.make_series import Part, Place, make_series
from seqvision.data.notes import Notes
from seqvision.data.person_path import person_path
from seqvision.data.series import Series
from seqvision.data.sound.decoded import decoded
from seqvision.data.sound.features import SoundFeatures
from seqvision.data.sound.wav import is_wav
from seqvision.options import FilePath, PositiveFloat, PositiveInt, Rate


@DATASETS.register("wav_folder", kind="series")
def wav_folder(
    path: FilePath,
    features: Literal["mel", "mfcc"] = "mel",
    n_mels: PositiveInt = 40,
    n_mfcc: PositiveInt = 13,
    rate: PositiveInt = 16_000,
    window: PositiveFloat = 25.0,
    hop: PositiveFloat = 10.0,
    test: Rate | None = None,
) -> Dataset:
    """Your own sound: WAV files in `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone.

    Files are of 8, 16, 24 or 32 bits or of float numbers; channels are averaged. A step is a
    window of sound, its features are those of `features`. A class's files may lie in folders
    within its own. Beside `train` and `test` there may be `val` (or `validation`), whose files are
    then used for validation. Features are made once, into `$SEQVISION_CACHE/decoded`, where later
    runs find them.

    Args:
        path: the folder.
        features: `mel` is the logarithm of the power in each mel band, `mfcc` the cepstral
            coefficients made of it.
        n_mels: how many mel bands there are, from 0 to half the rate.
        n_mfcc: how many coefficients are kept, of `mfcc`.
        rate: what all sound is resampled to, in Hz; telephones have 8000.
        window: the length of a window, in milliseconds.
        hop: from the begin of one window to that of the next, in milliseconds.
        test: without a `test` folder, the share of each class that is kept for testing; 0.2 if not
            given.

    Raises:
        DataError: a folder has no sound, a file cannot be read, or the bands are too narrow.
    """
    folder = person_path(path)
    notes, survey = Notes(path), Survey(folder, "WAV files", is_wav)
    files = class_folders(folder, survey)
    survey.say(notes)
    made = SoundFeatures(path, features, n_mels, n_mfcc, rate, window, hop)
    _ = made.spectra  # Raises where the options do not fit together.
    classes = tuple(files["training"])
    listed = {
        part: [(label, file) for label, name in enumerate(classes) for file in found.get(name, ())]
        for part, found in files.items()
    }
    series, known = decoded(folder, [file for part in listed.values() for _, file in part], made)
    _say(Counter(known["rates"]), rate, sum(n > 1 for n in known["channels"]), notes)
    parts, begin, step = {}, 0, 0
    for part, of_part in listed.items():
        lengths = series.lengths[begin : begin + len(of_part)]
        values = series.values[step : step + lengths.sum()]
        begin, step = begin + len(lengths), step + len(values)
        labels = np.array([label for label, _ in of_part])
        places = [Place(str(file)) for _, file in of_part]
        parts[part] = Part(Series(values, lengths), labels, place=places.__getitem__)
    return make_series(f"wav_folder:{folder.name}", parts, path, classes, test=test, notes=notes)


def _say(rates: Counter[int], rate: int, several: int, notes: Notes) -> None:
    """Note what was done to how many files."""
    others = {each: n for each, n in sorted(rates.items()) if each != rate}
    if others:
        said = ", ".join(f"{n:,} of {each:,} Hz" for each, n in others.items())
        notes.info(f"resampled to {rate:,} Hz: {said}")
    if max(rates) < rate:
        notes.warning(
            f"no file has more than {max(rates):,} Hz, so that the upper bands are empty; "
            f"`rate: {max(rates)}` reads the same with fewer"
        )
    if several:
        notes.info(f"{several:,} of several channels: their mean is taken")
