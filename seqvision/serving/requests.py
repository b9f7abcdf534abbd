"""What all requests have in common: their type, a file in a form, and JSON of numbers."""

import json
from typing import Any

import anyio
import numpy as np
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seqvision.formatting import count

JSON, FORM = "application/json", "multipart/form-data"
_ARRAY_BYTES = 32
"""How many bytes of JSON a number takes at most, with a comma and blanks."""

one_at_a_time = anyio.CapacityLimiter(1)
"""Files are unpacked one after another: each may take a lot of memory, and Python's warnings,
which `read_picture` turns into errors, belong to all threads."""


def type_of(request: Request) -> str:
    """The type of a request's body, without its parameters; empty if it says none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def only_file(request: Request, example: str) -> tuple[bytes, str]:
    """The content of the file in a form, and its name.

    Raises:
        HTTPException: there is none, or the form is damaged, 422.
    """
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            files = [value for value in form.values() if isinstance(value, UploadFile)]
            if not files:
                raise HTTPException(422, f"the form holds no file; with curl: -F file=@{example}")
            return await files[0].read(), files[0].filename or ""
    except HTTPException as error:
        if error.status_code == 400:  # What Starlette answers to a damaged form.
            raise HTTPException(422, f"the form cannot be read: {error.detail}") from None
        raise


def parsed(content: bytes, numbers: int | None = None) -> dict[str, Any]:
    """The JSON object in a body.

    Args:
        numbers: how many it should hold, if that is known.

    Raises:
        HTTPException: it is larger than so many, 413; or no JSON object, 422.
    """
    if numbers is not None and len(content) > 4096 + _ARRAY_BYTES * numbers:
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


def numbers_of(value: Any, name: str) -> np.ndarray:
    """A nested list of numbers as an array.

    Raises:
        HTTPException: it is none, 422.
    """
    if not isinstance(value, list):
        raise HTTPException(422, f"{name}: expected a list of lists of numbers")
    try:
        array = np.array(value)
    except (ValueError, RecursionError):  # Rows of unequal length.
        array = None
    if array is None or array.dtype.kind not in "iuf":
        raise HTTPException(422, f"{name}: expected a list of equally long lists of numbers")
    return array


def check_pixels(values: np.ndarray, name: str) -> None:
    """Refuse values beyond black and white.

    Raises:
        HTTPException: there are some, 422.
    """
    low, high = float(values.min()), float(values.max())
    if not 0 <= low <= high <= 255:  # Nor NaN.
        raise HTTPException(
            422, f"{name}: expected 0 (black) to 255 (white), got {low:g} to {high:g}"
        )
