"""Scans: which pixel is read when."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.scans import SCANS, Columns, Pixels, Rows, Snake
from seqvision.scans.base import reading_order

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 4, 3, 2)).astype("float32")


def read(scan, images=IMAGES):
    return ops.convert_to_numpy(scan(images))


def test_rows_are_steps_and_keep_their_channels():
    np.testing.assert_array_equal(read(Rows()), IMAGES.reshape(2, 4, 6))


def test_columns_are_the_rows_of_the_transposed_image():
    transposed = IMAGES.transpose(0, 2, 1, 3)
    np.testing.assert_array_equal(read(Columns()), read(Rows(), transposed))


def test_pixels_come_row_by_row():
    np.testing.assert_array_equal(read(Pixels()), IMAGES.reshape(2, 12, 2))


@pytest.mark.parametrize("scan", [Rows, Columns, Pixels])
def test_reverse_reads_the_last_step_first(scan):
    np.testing.assert_array_equal(read(scan(reverse=True)), read(scan())[:, ::-1])


@pytest.mark.parametrize("scan", [Rows, Columns, Pixels])
def test_images_need_no_channel_axis(scan):
    flat = IMAGES[..., 0]
    np.testing.assert_array_equal(read(scan(), flat), read(scan(), flat[..., None]))


def test_reading_order():
    assert reading_order(Rows(reverse=True), 2, 3).tolist() == [[1, 1, 1], [0, 0, 0]]
    assert reading_order(Columns(), 2, 3).tolist() == [[0, 1, 2], [0, 1, 2]]
    assert reading_order(Pixels(), 2, 3).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("scan", [Rows, Columns, Pixels])
def test_reading_order_in_half_precision(scan):
    half = reading_order(scan(dtype="mixed_bfloat16"), 28, 28)  # bfloat16 counts to 256.
    np.testing.assert_array_equal(half, reading_order(scan(), 28, 28))


@pytest.mark.parametrize("scan", SCANS.names())
def test_only_series_read_step_by_step_are_read_at_all(scan):
    series, layer = keras.Input((None, 4)), SCANS.get(scan)()
    if layer.keeps_steps:
        assert layer(series).shape == (None, None, 4)
    else:
        with pytest.raises(SeqvisionError, match=f"the scan {scan!r} reads images"):
            layer(series)


def test_images_of_any_size_at_once_are_none():
    with pytest.raises(SeqvisionError, match=r"'snake' needs images of one size, got \(None, 8, 1"):
        Snake()(keras.Input((None, 8, 1)))
