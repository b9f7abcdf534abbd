"""Reads what a client sends to a model of series: JSON of numbers, or a file of series."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seqvision.data.notes import Notes
from seqvision.data.sound.wav import read_wav
from seqvision.errors import SeqvisionError
from seqvision.formatting import count, counted
from seqvision.prediction.held import Held
from seqvision.prediction.series_files import SeriesFile
from seqvision.prediction.series_preparation import SeriesPreparation
from seqvision.serving.limits import Limits
from seqvision.serving.requests import FORM, JSON, one_at_a_time, only_file, parsed, type_of

TYPES = {"text/csv": ".csv", "audio/wav": ".wav", "audio/x-wav": ".wav"}
"""The ending of a file that is the body of a request, by its type."""
_ENDINGS = (".csv", ".tsv", ".ts", ".arff", ".wav")
"""Of files that are not packed: how large they are is known before they are read."""
_KINDS = (
    'send application/json, {"series": [[0.5, null, …], …]} with a list for each step, or '
    f'{{"several": [series, …]}}; or a file ({", ".join(_ENDINGS)}) as multipart/form-data, '
    "or a table as text/csv"
)


async def series_of(
    request: Request, preparation: SeriesPreparation, limits: Limits
) -> tuple[list[np.ndarray], Sequence[str] | None, list[str]]:
    """The series `(steps, features)` that a request holds.

    Returns:
        The series, float32, NaN where there is none; what each is called, None of one alone, which
        the client did not send as several; and notes on them.

    Raises:
        HTTPException: it holds none, 415 or 422; or too long or too many, 413.
    """
    kind = type_of(request)
    if kind == JSON:
        content = await request.body()

        def read() -> tuple[list[np.ndarray], Sequence[str] | None, list[str]]:
            return _of_json(parsed(content), preparation, limits)

    else:
        content, ending = await _file(request, kind)

        def read() -> tuple[list[np.ndarray], Sequence[str] | None, list[str]]:
            return _of_file(content, ending, preparation, limits)

    return await anyio.to_thread.run_sync(read, limiter=one_at_a_time)


def numbers_or_null(value: Any, name: str) -> np.ndarray:
    """A nested list of numbers as a float64 array, NaN where there is null.

    Raises:
        HTTPException: it is none, 422.
    """
    if not isinstance(value, list):
        raise HTTPException(422, f"{name}: expected a list of numbers or lists of them")
    try:
        plain = np.array(value, object)
        if all(each is None or type(each) in (int, float) for each in plain.flat):
            return np.array(value, float)  # None becomes NaN.
    except (ValueError, OverflowError, RecursionError):  # Rows of unequal length, huge numbers.
        pass
    raise HTTPException(
        422, f"{name}: expected numbers or null, as many in each step, of at most 300 digits"
    )


def finite(values: np.ndarray, name: str) -> np.ndarray:
    """Values as float32.

    Raises:
        HTTPException: one is infinite, or too large for float32, 422.
    """
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if np.isinf(values).any():
        raise HTTPException(422, f"{name}: holds a number too large for float32")
    return values


def _of_json(
    held: dict[str, Any], preparation: SeriesPreparation, limits: Limits
) -> tuple[list[np.ndarray], Sequence[str] | None, list[str]]:
    if ("series" in held) == ("several" in held):
        raise HTTPException(422, f"expected one of series and several; {_KINDS}")
    if "series" in held:
        (one,) = _checked([held["series"]], ["series"], preparation, limits)
        return [one], None, []
    several = held["several"]
    if not isinstance(several, list) or not several:
        raise HTTPException(422, "several: expected a list of series")
    names = [str(number + 1) for number in range(len(several))]
    called = [f"several: series {name}" for name in names]
    return _checked(several, called, preparation, limits), names, []


def _checked(
    given: list[Any], called: list[str], preparation: SeriesPreparation, limits: Limits
) -> list[np.ndarray]:
    """JSON's series as arrays."""
    _check_count(len(given), limits)
    features = preparation.wanted.features
    made = []
    for one, name in zip(given, called, strict=True):
        values = numbers_or_null(one, name)
        if features == 1 and values.ndim == 1:
            values = values[:, None]
        if len(values) and (values.ndim != 2 or values.shape[1] != features):
            raise HTTPException(
                422, f"{name}: expected (steps, {features}) numbers, got {values.shape}"
            )
        made.append(finite(values.reshape(-1, features), name))
    _check(Held(made, names=called, errors=preparation.given(made).errors), limits)
    return made


def _of_file(
    content: bytes, ending: str, preparation: SeriesPreparation, limits: Limits
) -> tuple[list[np.ndarray], Sequence[str], list[str]]:
    notes = Notes("the file", logged=False)  # The answer tells them.
    with tempfile.TemporaryDirectory(prefix="seqvision-") as folder:
        path = Path(folder, f"file{ending}")
        path.write_bytes(content)
        try:
            held = _read(path, preparation, limits, notes)
        except SeqvisionError as error:
            raise HTTPException(422, str(error).replace(str(path), "the file")) from None
    _check_count(len(held.samples), limits)
    names = held.names or [str(number + 1) for number in range(len(held.samples))]
    called = [f"the file: series {name}" for name in names]
    _check(Held(held.samples, names=called, errors=held.errors), limits)
    return list(held.samples), list(names), notes.sentences


def _read(path: Path, preparation: SeriesPreparation, limits: Limits, notes: Notes) -> Held:
    if path.suffix != ".wav":
        return preparation.several(SeriesFile(path), notes)
    if (features := preparation.sound) is not None:
        sound = read_wav(path)  # Resampled, a few bytes of a low rate may be hours.
        _check_steps(round(1000 * len(sound.samples) / sound.rate / features.hop), "it", limits)
    return Held([preparation.single(path)[0]])


def _check(held: Held, limits: Limits) -> None:
    """Refuse series that cannot be answered, or are too long.

    Args:
        held: the series, with a name each.
    """
    assert held.names is not None
    for place, error in held.errors.items():
        raise HTTPException(422, f"{held.names[place]}: {error}")
    for name, one in zip(held.names, held.samples, strict=True):
        _check_steps(len(one), name, limits)


def _check_steps(steps: int, name: str, limits: Limits) -> None:
    if steps > limits.steps:
        raise HTTPException(
            413, f"{name}: has {count(steps)} steps; at most {count(limits.steps)} are read"
        )


def _check_count(series: int, limits: Limits) -> None:
    if series > limits.series:
        raise HTTPException(
            413, f"{count(series)} series in a request; at most {counted(limits.series, 'series')}"
        )


async def _file(request: Request, kind: str) -> tuple[bytes, str]:
    """The content of the file in a request, and its ending."""
    if kind == FORM:
        content, name = await only_file(request, "readings.csv")
        ending = Path(name).suffix.lower()
        if ending not in _ENDINGS:
            raise HTTPException(
                415, f"the file's name ends in {ending or 'nothing'}, not {', '.join(_ENDINGS)}"
            )
    elif kind in TYPES:
        content, ending = await request.body(), TYPES[kind]
    else:
        raise HTTPException(415, f"{_KINDS} (this is {kind or 'of no type'})")
    if not content:
        raise HTTPException(422, f"the request is empty; {_KINDS}")
    return content, ending
