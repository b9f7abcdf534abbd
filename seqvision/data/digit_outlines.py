"""The outlines of handwritten digits, as series: x and y along the edge of the ink."""

import numpy as np
from contourpy import contour_generator

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.make_series import Part, make_series


@DATASETS.register(
    "digit-outlines", kind="series", input_shape=[None, 3], num_classes=10, train_size=4000
)
def digit_outlines() -> Dataset:
    """The outlines of mnist-5k's digits, of 28 to 166 points: made here, always at hand.

    A point is x and y in pixels, from the top left, and 1 where an outline begins, else 0. Each
    outline follows the edge of the ink, at half of black; a digit with a hole has one more. The
    longest comes first.
    """
    digits = DATASETS.get("mnist-5k")()
    parts = {
        name: Part([outline(image) for image in split.samples], split.labels)
        for name, split in digits.parts.items()
    }
    source = f"outlines of {digits.source}"
    return make_series("digit-outlines", parts, source, digits.class_names)


def outline(image: np.ndarray) -> np.ndarray:
    """The outlines of light ink in an image `(height, width)`, 0..255, as `(points, 3)`."""
    framed = np.pad(image, 1).astype(float)  # So that every outline is closed.
    lines = contour_generator(z=framed).lines(127.5)
    found = []
    for line in sorted(map(np.asarray, lines), key=len, reverse=True):
        begins = np.zeros((len(line) - 1, 1))
        begins[0] = 1
        found.append(np.hstack([line[:-1] - 1, begins]))  # Its last point is its first.
    return np.concatenate(found)
