"""The user's own series in the UEA and UCR archives' format."""

from seqvision.data import DATASETS
from seqvision.data.archives.archive_files import find_files
from seqvision.data.archives.labelled_series import series_dataset
from seqvision.data.archives.ts_format import read_ts
from seqvision.data.base import Dataset
from seqvision.data.person_path import person_path
from seqvision.options import FilePath, Rate


@DATASETS.register("ts", kind="series")
def ts(path: FilePath, test: Rate | None = None) -> Dataset:
    """Your own series in `.ts` files, as the UEA and UCR archives have them, plain or gzipped.

    Series and their channels may be of unequal length; `?` and NaN are gaps. Times, if there are
    any, give the order of the values.

    Args:
        path: the folder of X_TRAIN.ts and X_TEST.ts; or the training file, beside which lies the
            test file; or one file of all series.
        test: without a test file, the share of each class that is kept for testing; a fifth of one
            file if not given.

    Raises:
        DataError: a file does not exist or is damaged, or the two do not fit together.
    """
    files = find_files(person_path(path), (".ts",), test)
    return series_dataset(f"ts:{files.name}", files, read_ts, path, test)
