"""Seeds, as a person gives them: `seed=3` is one, `seeds=` are several, in Python and in a shell.

A whole number for `seeds=` is refused: three seeds and the seed 3 look the same. In a config
`tune.seeds: 3` says how many, as it always has.
"""

import operator
import re
from collections.abc import Iterable
from typing import Any

from seqvision.errors import SeqvisionError

_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
_MOST = 10_001
_END = 2**31


def read_seeds(
    seeds: str | Iterable[int] | None = None, seed: int | None = None
) -> list[int] | None:
    """The seeds that a person gave, each once; None if there are none.

    Args:
        seeds: several, such as `[0, 3]`, `range(5)`, or text as the command line takes it: `0-4`,
            `0,3,7`.
        seed: one, instead of `seeds`.

    Raises:
        SeqvisionError: both are given, or a value is not a seed.
    """
    if seed is not None:
        if seeds is not None:
            raise SeqvisionError("seed= is one seed and seeds= are several: give one of the two")
        return [_seed(seed, "seed")]
    if seeds is None:
        return None
    if isinstance(seeds, str):
        found = _of_text(seeds)
    elif isinstance(seeds, Iterable):
        found = [_seed(each, "seeds") for each in seeds]
    else:
        raise SeqvisionError(
            f"seeds: expected several, such as [0, 1], range(3) or '0-2', got {seeds!r}; "
            "seed= is one"
        )
    if not found:
        raise SeqvisionError("seeds: expected one at least, got none")
    return list(dict.fromkeys(found))


def _seed(value: Any, name: str) -> int:
    try:
        seed = -1 if isinstance(value, bool) else operator.index(value)  # NumPy's numbers too.
    except TypeError:
        seed = -1
    if not 0 <= seed < _END:
        raise SeqvisionError(f"{name}: expected a whole number from 0 below 2**31, got {value!r}")
    return seed


def _of_text(text: str) -> list[int]:
    seeds: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if not match:
            raise SeqvisionError(f"seeds {text!r}: expected numbers such as 0-4 or 0,3,7")
        chosen = range(int(match[1]), int(match[2] or match[1]) + 1)
        if not 0 < len(chosen) <= _MOST:
            raise SeqvisionError(f"seeds {text!r}: {part.strip()} is not a range of seeds")
        _seed(chosen[-1], "seeds")
        seeds += chosen
    return seeds
