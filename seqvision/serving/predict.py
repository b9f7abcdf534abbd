"""Adds `/predict` to an application: of pictures, and of series."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.exceptions import HTTPException

from seqvision.prediction.answers import trained_on
from seqvision.prediction.preparation import preparation
from seqvision.serving import openapi
from seqvision.serving.answers import Answer, Named, Several, answer
from seqvision.serving.limits import Limits
from seqvision.serving.pictures import image_of
from seqvision.serving.series import TYPES, series_of
from seqvision.serving.work import Model

Answered = Callable[[str, Any], Awaitable[Any]]
"""Has a request of a kind answered, in a batch with others."""
_Top = Annotated[int, Query(ge=1, description="How many classes to name.")]
_Steps = Annotated[bool, Query(description="Say, too, what it believes after each.")]


def _of_pictures(app: FastAPI, model: Model, limits: Limits, answered: Answered) -> None:
    prepared, background = preparation(model.facts), trained_on(model.facts)

    @app.post("/predict", openapi_extra=openapi.predict_image())
    async def predict(
        request: Request,
        top: _Top = 3,
        steps: _Steps = False,
        invert: Annotated[bool, Query(description="For dark ink on white paper.")] = False,
    ) -> Answer:
        """What the model says of a picture, or of pixels as they are."""
        _check_steps(model, steps)
        image, notes = await image_of(request, prepared, background, limits, invert)
        return answer(model, *await _said(answered, image, steps), top, notes)


def _of_series(app: FastAPI, model: Model, limits: Limits, answered: Answered) -> None:
    prepared = model.series_preparation

    @app.post("/predict", openapi_extra=openapi.predict_series(prepared.wanted.features, [*TYPES]))
    async def predict(request: Request, top: _Top = 3, steps: _Steps = False) -> Answer | Several:
        """What the model says of a series, or of several, of any length each."""
        _check_steps(model, steps)
        series, names, notes = await series_of(request, prepared, limits)
        said = await asyncio.gather(*(_said(answered, one, steps) for one in series))
        answers = [answer(model, *each, top, []) for each in said]
        if names is None:
            return answers[0]
        named = [Named(series=n, **dict(each)) for n, each in zip(names, answers, strict=True)]
        return Several(answers=named, notes=notes)


ADD_PREDICT = {"image": _of_pictures, "series": _of_series}
"""What adds `/predict` for a model, by the kind of what it reads."""


def without_steps(model: Model) -> HTTPException:
    """What says that a model believes nothing after single steps."""
    if model.facts.kind == "series":
        return HTTPException(409, f"{model.name}: no answers after single steps: {model.no_steps}")
    return HTTPException(
        409, f"{model.name} reads a picture as a whole: it believes nothing after single steps"
    )


def _check_steps(model: Model, steps: bool) -> None:
    if steps and model.every_step is None:
        raise without_steps(model)


async def _said(answered: Answered, sample: Any, steps: bool) -> tuple[Any, Any]:
    """The logits of a sample, and those after each step if they are asked for."""
    said = await answered("steps" if steps else "whole", sample)
    return (said[-1], said) if steps else (said, None)
