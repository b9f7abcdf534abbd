"""The family of multi-dimensional LSTMs: what its layers read, and what is read of them."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import create_model
from seqvision.runs.flops import flops_per_image

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 4, 3)).astype("float32")


def test_layers_read_patches_and_what_the_layer_before_made_of_them():
    model = create_model("mdlstm", (6, 4, 3), 3, patch_size=2, units=[4, 5], pooling="max")
    cut = [[IMAGES[:, r : r + 2, c : c + 2] for c in (0, 2)] for r in (0, 2, 4)]
    x = np.stack([np.stack(row, 1) for row in cut], 1).reshape(2, 3, 2, 12) / 255
    for depth in (1, 2):
        x = model.get_layer(f"recurrent_{depth}")(x)
    expected = model.get_layer("logits")(ops.max(x, axis=(1, 2)))
    np.testing.assert_allclose(model(IMAGES), expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_each_position_counts_whichever_are_returned(pooling):
    model = create_model("mdlstm", (6, 4, 3), 3, units=5, directions=2, pooling=pooling)
    products = 2 * 6 * 4 * (3 + 2 * 5) * 5 * 5 + 2 * 5 * 3
    assert flops_per_image(model) == 2 * products


def test_patches_that_do_not_fit_share_pixels():
    model = create_model("mdlstm", (6, 4, 3), 3, patch_size=4, units=4)
    read = model.get_layer("recurrent_1").input
    cut = np.stack([IMAGES[:, :4], IMAGES[:, 2:]], 1).reshape(2, 2, 1, 48) / 255
    np.testing.assert_allclose(keras.Model(model.input, read)(IMAGES), cut, rtol=1e-6)
