"""Reads what a client sends: a picture, pixels, or the next steps of one."""

import io
import json
import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import anyio.to_thread
import numpy as np
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seqvision.data.background import light_border
from seqvision.data.pictures import picture_size
from seqvision.errors import DataError
from seqvision.exporting.stepwise import Stepwise, Tensors
from seqvision.formatting import count
from seqvision.prediction.preparation import Preparation
from seqvision.serving.limits import Limits
from seqvision.serving.states import decoded

_NAME = "the picture"
_KINDS = (
    "send a picture as image/png or the like, as multipart/form-data, or as application/json: "
    '{"pixels": [[0, 255, …], …]}'
)
_JSON = "application/json"
_ARRAY_BYTES = 32
"""How many bytes of JSON a number takes at most, with a comma and blanks."""

_REMARKS = {
    "transparent": "transparent parts were laid on a background",
    "invisible": "all that is not transparent has the background's colour",
    "turned": "turned upright, as its EXIF says",
    "frames": "of several frames the first was read",
}
T = TypeVar("T")
_one_at_a_time = anyio.CapacityLimiter(1)
"""Pictures are unpacked one after another: each may take a lot of memory, and Python's warnings,
which `read_picture` turns into errors, belong to all threads."""


async def image_of(
    request: Request,
    preparation: Preparation,
    background: Literal["dark", "light"] | None,
    limits: Limits,
    invert: bool,
) -> tuple[np.ndarray, list[str]]:
    """The image that a request holds, prepared, and notes on it.

    Args:
        background: that of the images that the model was trained on; None if it is not known.
        invert: whether to invert it.

    Raises:
        HTTPException: it holds none, 415 or 422; or too large a one, 413.
    """
    kind = _kind(request)
    if kind == _JSON:
        content = await request.body()
        return _pixels(
            _parsed(content, math.prod(n or 1 for n in preparation.shape)), preparation, invert
        )
    if kind == "multipart/form-data":
        content = await _only_file(request)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        content = await request.body()
    else:
        raise HTTPException(415, f"{_KINDS} (this is {kind or 'of no type'})")
    if not content:
        raise HTTPException(422, f"the request is empty; {_KINDS}")

    def read() -> tuple[np.ndarray, list[str]]:
        _check_size(content, limits)
        image, remarks = preparation.picture(io.BytesIO(content), _NAME)
        image = _inverted(image, invert)
        return image, _notes(image, remarks, background)

    return await anyio.to_thread.run_sync(_refusing(read), limiter=_one_at_a_time)


async def steps_of(
    request: Request, stepwise: Stepwise, limits: Limits
) -> tuple[np.ndarray, Tensors]:
    """The values `(steps, features)` that a request holds, and the states before them.

    Raises:
        HTTPException: they are not such values, or not such states.
    """
    if _kind(request) != _JSON:
        raise HTTPException(
            415, 'send application/json: {"rows": [[0, 255, …], …], "state": null or the last one}'
        )
    features = stepwise.about.features
    states = sum(state.size for state in stepwise.start().values())
    held = _parsed(await request.body(), limits.steps * features + states)
    rows = held.get("rows")
    values = _numbers(rows, "rows")
    if values.ndim != 2 or values.shape[1] != features or not len(values):
        raise HTTPException(422, f"rows: expected (steps, {features}) numbers, got {values.shape}")
    if len(values) > limits.steps:
        raise HTTPException(
            413, f"rows: at most {count(limits.steps)} at once, got {count(len(values))}"
        )
    _check_pixels(values, "rows")
    return values.astype(np.float32), decoded(held.get("state"), stepwise)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _only_file(request: Request) -> bytes:
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            files = [value for value in form.values() if isinstance(value, UploadFile)]
            if not files:
                raise HTTPException(422, "the form holds no file; with curl: -F file=@digit.png")
            return await files[0].read()
    except HTTPException as error:
        if error.status_code == 400:  # What Starlette answers to a damaged form.
            raise HTTPException(422, f"the form cannot be read: {error.detail}") from None
        raise


def _parsed(content: bytes, numbers: int) -> dict[str, Any]:
    """The JSON object in a body that should hold so many numbers."""
    if len(content) > 4096 + _ARRAY_BYTES * numbers:
        raise HTTPException(413, f"the request is larger than JSON of {count(numbers)} numbers")
    try:
        held = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "too deep" if isinstance(error, RecursionError) else str(error)
        raise HTTPException(422, f"the request is no JSON: {reason}") from None
    if not isinstance(held, dict):
        raise HTTPException(422, "the request is JSON, but no object")
    return held


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _pixels(
    held: dict[str, Any], preparation: Preparation, invert: bool
) -> tuple[np.ndarray, list[str]]:
    image = _numbers(held.get("pixels"), "pixels")
    if image.shape != preparation.shape:
        raise HTTPException(
            422, f"pixels: expected {_by(preparation.shape)} numbers, got {_by(image.shape)}"
        )
    _check_pixels(image, "pixels")
    notes = []
    if 0 < image.max() <= 1:
        notes.append("no pixel is above 1 of 255, all but black: if white is 1, multiply by 255")
    return _inverted(image.astype(np.float32), invert), notes


def _numbers(value: Any, name: str) -> np.ndarray:
    """A nested list of numbers as an array."""
    if not isinstance(value, list):
        raise HTTPException(422, f"{name}: expected a list of lists of numbers")
    try:
        array = np.array(value)
    except (ValueError, RecursionError):  # Rows of unequal length.
        array = None
    if array is None or array.dtype.kind not in "iuf":
        raise HTTPException(422, f"{name}: expected a list of equally long lists of numbers")
    return array


def _check_pixels(values: np.ndarray, name: str) -> None:
    low, high = float(values.min()), float(values.max())
    if not 0 <= low <= high <= 255:  # Nor NaN.
        raise HTTPException(
            422, f"{name}: expected 0 (black) to 255 (white), got {low:g} to {high:g}"
        )


def _check_size(content: bytes, limits: Limits) -> None:
    size = picture_size(io.BytesIO(content), _NAME)
    if size[0] * size[1] > limits.pixels:
        raise HTTPException(
            413,
            f"{_NAME} has {count(size[0])}×{count(size[1])} pixels; "
            f"at most {count(limits.pixels)} are read",
        )


def _inverted(image: np.ndarray, invert: bool) -> np.ndarray:
    return 255 - image if invert else image


def _notes(
    image: np.ndarray, remarks: set[str], background: Literal["dark", "light"] | None
) -> list[str]:
    """What was done with a picture, or looks wrong about it."""
    notes = [text for remark, text in _REMARKS.items() if remark in remarks]
    if background and light_border(image[None])[0] == (background == "dark"):
        notes.append(
            f"its border is not {background}, as those are that the model was trained on: "
            "ask with invert=true if it is ink of the other kind"
        )
    return notes


def _refusing(read: Callable[[], T]) -> Callable[[], T]:
    def refusing() -> T:
        try:
            return read()
        except DataError as error:
            raise HTTPException(422, str(error)) from None

    return refusing


def _by(shape: tuple[int | None, ...]) -> str:
    return "×".join(map(str, shape)) or "one number"
