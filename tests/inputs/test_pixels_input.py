"""The input of images: what reaches the scan."""

import keras
import numpy as np
import pytest

from seqvision import create_model
from seqvision.errors import SeqvisionError
from seqvision.families.base import model_input

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 4), dtype=np.uint8)


def test_shrunk_pixels_are_means_of_squares():
    raw, samples = model_input((6, 4), {"name": "pixels", "shrink": 2}, 1)
    made = keras.ops.convert_to_numpy(keras.Model(raw, samples)(IMAGES))
    expected = IMAGES.reshape(2, 3, 2, 2, 2).mean(axis=(2, 4)) / 255
    np.testing.assert_allclose(made[..., 0], expected, rtol=1e-6)


def test_a_side_that_shrinking_does_not_divide_is_refused():
    with pytest.raises(SeqvisionError, match="shrink: 4 does not divide images of 6×4"):
        create_model("stacked", (6, 4), 3, units=[4], input={"name": "pixels", "shrink": 4})
