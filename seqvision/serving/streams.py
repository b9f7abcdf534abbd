"""Reads the next steps that a client sends of an image or of a series."""

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request

from seqvision.exporting.stepwise import Stepwise, Tensors
from seqvision.formatting import count
from seqvision.serving.limits import Limits
from seqvision.serving.requests import JSON, check_pixels, numbers_of, parsed, type_of
from seqvision.serving.series import finite, numbers_or_null
from seqvision.serving.states import decoded


async def steps_of(
    request: Request, stepwise: Stepwise, kind: str, limits: Limits
) -> tuple[np.ndarray, Tensors]:
    """The values `(steps, features)` that a request holds, and the states before them.

    Args:
        kind: of the model's samples: `image`, whose values are pixels, or `series`.

    Raises:
        HTTPException: they are not such values, or not such states.
    """
    of_series = kind == "series"
    if type_of(request) != JSON:
        row = "[0.5, null, …]" if of_series else "[0, 255, …]"
        raise HTTPException(
            415, f'send application/json: {{"rows": [{row}, …], "state": null or the last one}}'
        )
    features = stepwise.about.features
    states = sum(state.size for state in stepwise.start().values())
    held = parsed(await request.body(), limits.steps * features + states)
    rows = held.get("rows")
    values = numbers_or_null(rows, "rows") if of_series else numbers_of(rows, "rows")
    if of_series and features == 1 and values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] != features or not len(values):
        raise HTTPException(422, f"rows: expected (steps, {features}) numbers, got {values.shape}")
    if len(values) > limits.steps:
        raise HTTPException(
            413, f"rows: at most {count(limits.steps)} at once, got {count(len(values))}"
        )
    if of_series:
        values = finite(values, "rows")
    else:
        check_pixels(values, "rows")
    return values.astype(np.float32), decoded(held.get("state"), stepwise)
