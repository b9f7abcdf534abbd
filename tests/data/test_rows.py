"""Rows of an array are what NumPy would take of it."""

import numpy as np
import pytest

from seqvision.data.base import Dataset, Split
from seqvision.data.rows import Rows, blocks_of

ARRAY = np.random.default_rng(0).integers(0, 256, (20, 4, 3), dtype=np.uint8)
CHOSEN = np.array([7, 3, 3, 19, 0, 11])


@pytest.mark.parametrize(
    "index",
    [
        *(2, -1, slice(1, 4), np.array([4, 0, 0]), [1, 2], np.arange(6) % 2 == 0),
        *((1, 2), (slice(None), 0), (slice(2, None), slice(None), 1), (np.array([5, 1]), 3, 2)),
    ],
)
def test_an_index_takes_what_it_takes_of_an_array(index):
    rows, expected = Rows(ARRAY, CHOSEN), ARRAY[CHOSEN]
    np.testing.assert_array_equal(rows[index], expected[index])
    assert type(rows[index]) is np.ndarray or np.ndim(expected[index]) == 0


def test_rows_of_rows_copy_nothing_and_are_an_array_to_numpy():
    rows, expected = Rows(ARRAY, CHOSEN), ARRAY[CHOSEN]
    joined = rows.take(np.array([5, 0])).joined(Rows(ARRAY))
    assert joined.array is ARRAY and (joined.shape, joined.dtype) == ((22, 4, 3), np.uint8)
    np.testing.assert_array_equal(joined, np.concatenate([expected[[5, 0]], ARRAY]))
    assert (rows.ndim, rows.nbytes, np.max(rows)) == (3, expected.nbytes, expected.max())
    np.testing.assert_array_equal(rows.joined(Rows(ARRAY + 0)), np.concatenate([expected, ARRAY]))
    np.testing.assert_array_equal(np.concatenate([*blocks_of(rows)]), expected)
    assert np.asarray(rows, np.float32).dtype == np.float32


def test_the_checksum_is_that_of_the_array_and_is_asked_for_once(monkeypatch):
    known = {}

    def remembered(name, make):
        return known[name] if name in known else known.setdefault(name, make())

    monkeypatch.setattr("seqvision.data.rows._BLOCK", 30)  # Two rows and a half.
    labels = np.arange(20) % 2

    def dataset(samples):
        whole = Split(samples, labels)
        parts = whole.take(np.arange(3, 20)), whole.take(np.arange(3))
        return Dataset("x", *parts, ("a", "b"), "here")

    expected = dataset(ARRAY).checksum
    assert dataset(Rows(ARRAY)).checksum == expected
    assert dataset(Rows(ARRAY, remembered=remembered)).checksum == expected
    # Now no pixel is read; with others labels it is another.
    assert dataset(Rows(ARRAY * 0, remembered=remembered)).checksum == expected
    labels = 1 - labels
    assert dataset(Rows(ARRAY, remembered=remembered)).checksum == dataset(ARRAY).checksum
    assert len(known) == 2
