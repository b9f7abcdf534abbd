"""Numbers in a line of text, as files of series write them."""

import reprlib

import numpy as np

from seqvision.errors import DataError

_GREATEST = float(np.finfo(np.float32).max)


def numbers(texts: list[str], where: str, *, empty: bool = False) -> np.ndarray:
    """The numbers that texts stand for, float64 `(n,)`; NaN for `?` and `NaN`.

    Args:
        where: the file, the line and what the texts are, for messages: `a.ts:12: channel 3`.
        empty: whether an empty text stands for NaN too.

    Raises:
        DataError: one is no number, or is infinite in float32; it tells which.
    """
    try:
        values = _parsed(texts)
    except ValueError:
        absent = ("?", "") if empty else ("?",)
        texts = ["nan" if text.strip() in absent else text for text in texts]
        values = _parsed_or_told(texts, where)
    if len(beyond := np.flatnonzero(np.abs(values) > _GREATEST)):
        raise _wrong(texts, int(beyond[0]), where, "a number that float32 can hold")
    return values


def _parsed(texts: list[str]) -> np.ndarray:
    """Numbers as most languages write them.

    Raises:
        ValueError: one is none.
    """
    joined = "".join(texts)
    # NumPy takes 1_000 and other scripts' digits for numbers, as Python does.
    if "_" in joined or not joined.isascii():
        raise ValueError
    return np.array(texts, np.float64)


def _parsed_or_told(texts: list[str], where: str) -> np.ndarray:
    try:
        return _parsed(texts)
    except ValueError:
        wrong = next(place for place, text in enumerate(texts) if not _is_number(text))
        raise _wrong(texts, wrong, where, "a number, NaN or ?") from None


def _is_number(text: str) -> bool:
    try:
        _parsed([text])
    except ValueError:
        return False
    return True


def _wrong(texts: list[str], place: int, where: str, expected: str) -> DataError:
    got = reprlib.repr(texts[place])
    return DataError(f"{where}, value {place + 1}: expected {expected}, got {got}")
