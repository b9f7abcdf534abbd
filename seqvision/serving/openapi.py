"""What requests hold, as `/openapi.json` describes it."""

from typing import Any

_FILE = {"type": "string", "format": "binary"}
_FORM = {"schema": {"type": "object", "properties": {"file": _FILE}}}
_NUMBER_OR_NULL = {"type": ["number", "null"]}


def _body(**content: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"schema": {"type": "object", "required": required, "properties": properties}}


def _series(features: int) -> dict[str, Any]:
    """A series of a number of features."""
    step: dict[str, Any] = {
        "type": "array",
        "items": _NUMBER_OR_NULL,
        "minItems": features,
        "maxItems": features,
    }
    if features == 1:  # Each step may be a number alone.
        step = {"anyOf": [_NUMBER_OR_NULL, step]}
    return {
        "type": "array",
        "items": step,
        "description": "A list of raw numbers for each step; null is what was not observed.",
    }


def predict_image() -> dict[str, Any]:
    """What `/predict` of a model of images takes."""
    pixels = {
        "type": "array",
        "items": {"type": "array"},
        "description": "0 (black) to 255 (white), in the shape of `/health`.",
    }
    return _body(
        **{
            "image/*": {"schema": _FILE},
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": _FORM,
            "application/json": _object(["pixels"], pixels=pixels),
        }
    )


def predict_series(features: int, types: list[str]) -> dict[str, Any]:
    """What `/predict` of a model of series takes.

    Args:
        types: of files that are a body.
    """
    one = _series(features)
    several = {"type": "array", "items": one, "description": "Series, of any length each."}
    either = {
        "oneOf": [
            _object(["series"], series=one)["schema"],
            _object(["several"], several=several)["schema"],
        ]
    }
    return _body(
        **{
            "application/json": {"schema": either},
            "multipart/form-data": _FORM,
            **{each: {"schema": _FILE} for each in types},
        }
    )


def stream(kind: str, features: int | None) -> dict[str, Any]:
    """What `/stream` takes."""
    if kind == "series":
        rows: dict[str, Any] = _series(features or 1)
    else:
        rows = {
            "type": "array",
            "items": {"type": "array", "items": {"type": "number"}},
            "description": "The values of one step or several, 0 to 255.",
        }
    state = {
        "type": ["string", "null"],
        "description": "That of the last answer; null before the first step.",
    }
    return _body(**{"application/json": _object(["rows"], rows=rows, state=state)})
