"""Values with their times, `(2007-01-01 00:00:00,241.97),(…)`, as the `.ts` format has them."""

import re
import reprlib

import numpy as np

from seqvision.data.archives.text_numbers import numbers
from seqvision.errors import DataError
from seqvision.memory import check_fits

_PAIR = re.compile(r"\s*\(([^(),]*),([^(),]*)\)\s*(?:,|$)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?", re.ASCII)


def timed_channels(texts: list[str], where: str) -> tuple[list[np.ndarray], bool]:
    """The values of each channel of one series in the order of their times.

    Where channels have times of their own, the steps are all times that occur, and a channel is NaN
    at those of others. Times are numbers or dates; they are used for nothing else.

    Args:
        texts: of each channel.
        where: the file and the line, for messages.

    Returns:
        Values `(steps,)` of each channel, and whether times went back in the file.

    Raises:
        DataError: a text is not of times and values, or two values of a channel have one time where
            channels have times of their own.
    """
    places = [f"{where}: channel {number}" for number in range(1, len(texts) + 1)]
    pairs = [_pairs(text, place) for text, place in zip(texts, places, strict=True)]
    times = [_times(of, place) for (of, _), place in zip(pairs, places, strict=True)]
    values = [numbers(of, place) for (_, of), place in zip(pairs, places, strict=True)]
    if len({of.dtype for of in times if len(of)}) > 1:
        raise DataError(f"{where}: times are numbers in one channel and dates in another")
    orders = [np.argsort(of, kind="stable") for of in times]
    went_back = any((order[1:] < order[:-1]).any() for order in orders)
    times = [of[order] for of, order in zip(times, orders, strict=True)]
    values = [of[order] for of, order in zip(values, orders, strict=True)]
    if all(np.array_equal(of, times[0]) for of in times):
        return values, went_back
    every = np.unique(np.concatenate([of for of in times if len(of)]))
    check_fits(every.nbytes * len(times), f"{where}: its channels, which have times of their own,")
    aligned = []
    for of, observed, place in zip(times, values, places, strict=True):
        if len(same := np.flatnonzero(of[1:] == of[:-1])):
            raise DataError(f"{place}: two values at the time {of[same[0]]}")
        channel = np.full(len(every), np.nan)
        if len(of):
            channel[np.searchsorted(every, of)] = observed
        aligned.append(channel)
    return aligned, went_back


def _pairs(text: str, where: str) -> tuple[list[str], list[str]]:
    """The times and the values in `(time,value),(time,value)`; none in `()` or nothing."""
    times, values, end = [], [], 0
    if text.strip() in ("", "()"):
        return times, values
    while match := _PAIR.match(text, end):
        times.append(match[1])
        values.append(match[2])
        end = match.end()
        if end == len(text):
            return times, values
    got = reprlib.repr(text[end:])
    raise DataError(f"{where}, value {len(times) + 1}: expected (time,value), got {got}")


def _times(texts: list[str], where: str) -> np.ndarray:
    """Times as float64 or, if all are dates, as datetime64."""
    texts = [text.strip() for text in texts]
    try:
        if texts and all(map(_DATE.fullmatch, texts)):
            return np.array(texts, "datetime64[us]")
        times = numbers(texts, where)
        if not np.isnan(times).any():
            return times
    except (DataError, ValueError):  # No number; or a date such as February 30.
        pass
    raise DataError(
        f"{where}: expected times as numbers or as YYYY-MM-DD HH:MM:SS, got {reprlib.repr(texts)}"
    )
