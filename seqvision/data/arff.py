"""The user's own series in Weka's format."""

from seqvision.data import DATASETS
from seqvision.data.archives.archive_files import find_files
from seqvision.data.archives.arff_format import read_arff
from seqvision.data.archives.labelled_series import series_dataset
from seqvision.data.base import Dataset
from seqvision.data.person_path import person_path
from seqvision.options import FilePath, Rate


@DATASETS.register("arff", kind="series")
def arff(path: FilePath, test: Rate | None = None) -> Dataset:
    """Your own series in Weka's `.arff` files, as the UEA and UCR archives have them.

    The last attribute is the class. Those before it are numbers, one a step; or there is one, which
    is relational: the lines of it are channels. `?` is a gap, or the end of a shorter series.

    Args:
        path: the folder of X_TRAIN.arff and X_TEST.arff; or the training file, beside which lies
            the test file; or one file of all series.
        test: without a test file, the share of each class that is kept for testing; a fifth of one
            file if not given.

    Raises:
        DataError: a file does not exist or is damaged, or the two do not fit together.
    """
    files = find_files(person_path(path), (".arff",), test)
    return series_dataset(f"arff:{files.name}", files, read_arff, path, test)
