"""The permutations of psMNIST, against the generators and the code of the papers."""

import math

import keras
import numpy as np
import pytest

from seqvision.errors import SeqvisionError
from seqvision.scans import Permuted
from seqvision.scans.base import places_of


def order(size=(28, 28), **options):
    return places_of(Permuted(**options), *size)[:, 0]


@pytest.mark.parametrize(("by", "seed"), [("urnn", 92916), ("lmu", 0)])
def test_of_numpy(by, seed):
    np.testing.assert_array_equal(order(by=by), np.random.RandomState(seed).permutation(784))
    np.testing.assert_array_equal(order(by=by), order(by="numpy", seed=seed))
    assert (order(by="numpy") == order(by="numpy", seed=0)).all()
    # As NumPy gave it when this was written, which it promises for this generator.
    first = {"urnn": [319, 576, 323, 107, 355], "lmu": [693, 85, 647, 392, 765]}
    assert order(by=by)[:5].tolist() == first[by]


def test_of_torch_as_it_was():
    assert order(by="unicornn")[:8].tolist() == [327, 72, 48, 129, 109, 101, 69, 569]
    assert order(by="unicornn")[-4:].tolist() == [592, 588, 393, 62]
    assert order(by="cornn")[:8].tolist() == [91, 97, 471, 426, 157, 451, 312, 198]
    assert order(by="cornn")[-4:].tolist() == [292, 432, 296, 267]


@pytest.mark.parametrize("size", [(28, 28), (1, 1), (1, 2), (5, 7), (32, 32)])
@pytest.mark.parametrize(
    ("by", "seed"), [("unicornn", 5544), ("cornn", 12008), ("torch", 0), ("torch", 2**32 - 1)]
)
def test_of_torch(by, seed, size):
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    expected = torch.randperm(math.prod(size)).numpy()
    options = {"seed": seed} if by == "torch" else {}
    np.testing.assert_array_equal(order(size, by=by, **options), expected)


@pytest.mark.parametrize("size", [(28, 28), (4, 8), (1, 1), (1, 3), (5, 5)])
def test_bits_are_reversed(size):
    pixels = math.prod(size)
    bits = max(1, math.ceil(math.log2(pixels)))
    reversed_ = [int(f"{k:0{bits}b}"[::-1], 2) for k in range(2**bits)]
    assert order(size, by="bit_reversal").tolist() == [k for k in reversed_ if k < pixels]


def test_what_is_read_is_that_pixel():
    images = np.random.default_rng(0).random((2, 28, 28)).astype("float32")
    read = keras.ops.convert_to_numpy(Permuted(by="lmu")(images))
    permutation = np.random.RandomState(0).permutation(784)  # As in keras-lmu's psMNIST.
    np.testing.assert_array_equal(read[:, :, 0], images.reshape(2, -1)[:, permutation])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 3}, "by 'urnn' has its own order, so no seed, got 3"),
        ({"by": "torch", "seed": -1}, "a seed from 0 to"),
        ({"by": "numpy", "seed": 2**32}, "a seed from 0 to"),
    ],
)
def test_seeds_that_are_none(options, message):
    with pytest.raises(SeqvisionError, match=message):
        Permuted(**options)
