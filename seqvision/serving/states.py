"""What a model remembers of the steps read so far, as text that a client keeps."""

import base64
import binascii
from typing import Any

import numpy as np
from starlette.exceptions import HTTPException

from seqvision.exporting.stepwise import Stepwise, Tensors


def encoded(states: Tensors) -> str:
    """States as text for a client to keep: float32, little-endian, one after another, in base64."""
    parts = [np.asarray(state, "<f4").tobytes() for state in states.values()]
    return base64.b64encode(b"".join(parts)).decode("ascii")


def decoded(text: Any, stepwise: Stepwise) -> Tensors:
    """The states in a client's text; those before the first step if it is None.

    Raises:
        HTTPException: it is not what this model's states are encoded as.
    """
    start = stepwise.start()
    if text is None:
        return start
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (binascii.Error, TypeError, ValueError):
        values = None
    if values is None or values.size != sum(state.size for state in start.values()):
        raise HTTPException(422, "state: is none of this model; send the one of its last answer")
    if not np.isfinite(values).all():
        raise HTTPException(422, "state: holds NaN or infinite numbers")
    parts = np.split(values, np.cumsum([state.size for state in start.values()])[:-1])
    return {
        name: part.reshape(state.shape).astype(state.dtype)
        for part, (name, state) in zip(parts, start.items(), strict=True)
    }
