"""The user's own series in the UCR archive's format."""

from seqvision.data import DATASETS
from seqvision.data.archives.archive_files import find_files
from seqvision.data.archives.labelled_series import series_dataset
from seqvision.data.archives.tsv_format import read_tsv
from seqvision.data.base import Dataset
from seqvision.data.person_path import person_path
from seqvision.options import FilePath, Rate


@DATASETS.register("tsv", kind="series")
def tsv(path: FilePath, test: Rate | None = None) -> Dataset:
    """Your own series as the UCR archive has them: a line is a label and the values of a series.

    They are parted by tabs, commas or spaces. `?` and NaN are gaps, or the end of a shorter series.

    Args:
        path: the folder of X_TRAIN.tsv and X_TEST.tsv (or `.txt`); or the training file, beside
            which lies the test file; or one file of all series.
        test: without a test file, the share of each class that is kept for testing; a fifth of one
            file if not given.

    Raises:
        DataError: a file does not exist or is damaged, or the two do not fit together.
    """
    files = find_files(person_path(path), (".tsv", ".txt"), test)
    return series_dataset(f"tsv:{files.name}", files, read_tsv, path, test)
