"""Reads what a client sends to a model of images: a picture, or pixels."""

import io
import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import anyio.to_thread
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seqvision.data.background import light_border
from seqvision.data.pictures import picture_size
from seqvision.errors import DataError
from seqvision.formatting import count
from seqvision.prediction.preparation import Preparation
from seqvision.serving.limits import Limits
from seqvision.serving.requests import (
    FORM,
    JSON,
    check_pixels,
    numbers_of,
    one_at_a_time,
    only_file,
    parsed,
    type_of,
)

_NAME = "the picture"
_KINDS = (
    "send a picture as image/png or the like, as multipart/form-data, or as application/json: "
    '{"pixels": [[0, 255, …], …]}'
)
_REMARKS = {
    "transparent": "transparent parts were laid on a background",
    "invisible": "all that is not transparent has the background's colour",
    "turned": "turned upright, as its EXIF says",
    "frames": "of several frames the first was read",
}
T = TypeVar("T")


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
    kind = type_of(request)
    if kind == JSON:
        content = await request.body()
        return _pixels(
            parsed(content, math.prod(n or 1 for n in preparation.shape)), preparation, invert
        )
    if kind == FORM:
        content, _ = await only_file(request, "digit.png")
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

    return await anyio.to_thread.run_sync(_refusing(read), limiter=one_at_a_time)


def _pixels(
    held: dict[str, Any], preparation: Preparation, invert: bool
) -> tuple[np.ndarray, list[str]]:
    image = numbers_of(held.get("pixels"), "pixels")
    if image.shape != preparation.shape:
        raise HTTPException(
            422, f"pixels: expected {_by(preparation.shape)} numbers, got {_by(image.shape)}"
        )
    check_pixels(image, "pixels")
    notes = []
    if 0 < image.max() <= 1:
        notes.append("no pixel is above 1 of 255, all but black: if white is 1, multiply by 255")
    return _inverted(image.astype(np.float32), invert), notes


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
