"""scikit-learn's small digits, which need no download."""

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Dataset


@DATASETS.register(
    "digits", train_size=1_437, input_shape=(8, 8), num_classes=10, background="dark"
)
def digits() -> Dataset:
    """Handwritten digits, 8×8, shipped with scikit-learn: 1,437 training and 360 test images.

    Their 17 grey levels are spread over 0 to 255. Alpaydin & Kaynak 1998 (UCI).
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)
    arrays = images, bunch.target
    source, share = "shipped with scikit-learn", 360 / len(images)
    return make_dataset("digits", arrays, source, test=share, pixels="0..255")
