"""Seeds in all the ways in which they may be given, and those that are refused."""

import numpy as np
import pytest

from seqvision.config.seeds import read_seeds
from seqvision.errors import SeqvisionError


@pytest.mark.parametrize(
    ("seeds", "seed", "expected"),
    [
        (None, None, None),
        (None, 3, [3]),
        ("0-2, 7,1", None, [0, 1, 2, 7]),
        ("3", None, [3]),
        (range(1, 3), None, [1, 2]),
        (np.arange(2), None, [0, 1]),
        ((4, 0, 4), None, [4, 0]),
    ],
)
def test_seeds_are_read(seeds, seed, expected):
    assert read_seeds(seeds, seed) == expected


@pytest.mark.parametrize(
    ("seeds", "seed", "said"),
    [
        (3, None, "seed= is one"),
        ([0], 0, "one of the two"),
        ([], None, "one at least"),
        ("4-0", None, "not a range"),
        ("0-20000", None, "not a range"),
        ("²", None, "expected numbers"),
        ("9" * 5000, None, "expected numbers"),
        ("2147483648", None, "from 0"),
        ([0, -1], None, "seeds: expected a whole number from 0"),
        (None, -1, "seed: expected a whole number from 0"),
        (None, "0", "seed: expected a whole number from 0"),
        (None, 1.5, "seed: expected a whole number from 0"),
        (None, True, "seed: expected a whole number from 0"),
        (None, 2**31, "seed: expected a whole number from 0"),
    ],
)
def test_what_is_no_seed_is_told(seeds, seed, said):
    with pytest.raises(SeqvisionError, match=said):
        read_seeds(seeds, seed)
