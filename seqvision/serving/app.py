"""The web application: answers, steps, health and a page to draw on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

import seqvision
from seqvision.prediction.answers import trained_on
from seqvision.prediction.preparation import preparation
from seqvision.serving import answers
from seqvision.serving.answers import Answer, Health, Problem, Streamed, StreamFacts
from seqvision.serving.batching import Batcher, padded_sizes
from seqvision.serving.bodies import image_of, steps_of
from seqvision.serving.limits import Guard, Limits
from seqvision.serving.page import page, page_file
from seqvision.serving.states import encoded
from seqvision.serving.work import Model, warm_up, work_of

_log = logging.getLogger("seqvision")
_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_PREDICT = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": _PICTURE,
            "application/octet-stream": _PICTURE,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["pixels"],
                    "properties": {
                        "pixels": {
                            "type": "array",
                            "items": {"type": "array"},
                            "description": "0 (black) to 255 (white), in the shape of `/health`.",
                        }
                    },
                }
            },
        },
    }
}
_STREAM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["rows"],
                    "properties": {
                        "rows": {
                            "type": "array",
                            "items": {"type": "array", "items": {"type": "number"}},
                            "description": "The values of one step or several, 0 to 255.",
                        },
                        "state": {
                            "type": ["string", "null"],
                            "description": "That of the last answer; null before the first step.",
                        },
                    },
                }
            }
        },
    }
}


def create_app(
    model: Model,
    limits: Limits | None = None,
    *,
    max_batch: int = 64,
    max_wait: float = 0.002,
    local: bool = True,
) -> FastAPI:
    """The application that serves a model; its thread starts and ends with it.

    Args:
        limits: how much it takes.
        max_batch: the most requests that are answered in one call of the model.
        max_wait: the most seconds that a request waits for others while the model is free.
        local: refuse requests to other names than this machine's own.

    Raises:
        SeqvisionError: the model reads no pictures.
    """
    limits = limits or Limits()
    prepared, background = preparation(model.facts), trained_on(model.facts)
    sizes = padded_sizes(max_batch)
    work = work_of(model, sizes)
    warm_up(model, work, sizes)
    batcher = Batcher(work, max_batch, max_wait)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        batcher.start()
        yield
        batcher.stop()

    # FastAPI's own pages of documentation are loaded from elsewhere: only the description is here.
    app = FastAPI(
        title=f"seqvision: {model.name}",
        version=seqvision.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses={status: {"model": Problem} for status in (408, 409, 413, 415, 422, 503)},
    )
    app.add_middleware(Guard, limits=limits, local=local)
    _say_what_is_wrong(app)

    async def answered(kind: str, content: Any) -> Any:
        return await asyncio.wrap_future(batcher.submit(kind, content))

    @app.post("/predict", openapi_extra=_PREDICT)
    async def predict(
        request: Request,
        top: Annotated[int, Query(ge=1, description="How many classes to name.")] = 3,
        steps: Annotated[bool, Query(description="Say, too, what it believes after each.")] = False,
        invert: Annotated[bool, Query(description="For dark ink on white paper.")] = False,
    ) -> Answer:
        """What the model says of a picture, or of pixels as they are."""
        if steps and model.every_step is None:
            raise _without_steps(model)
        image, notes = await image_of(request, prepared, background, limits, invert)
        said = await answered("steps" if steps else "whole", image)
        whole, every_step = (said[-1], said) if steps else (said, None)
        return answers.answer(model, whole, every_step, top, notes)

    @app.post("/stream", openapi_extra=_STREAM)
    async def stream(request: Request) -> Streamed:
        """What a causal model believes after each of the next steps; the client keeps its state."""
        if model.stepwise is None:
            raise _without_steps(model)
        content = await steps_of(request, model.stepwise, limits)
        logits, states = await answered("stream", content)
        return Streamed(steps=answers.steps(model, logits), state=encoded(states))

    @app.get("/health")
    async def health() -> Health:
        """That the server works, and what it serves."""
        return Health(
            model=model.name,
            input_shape=list(model.facts.image_shape),
            class_names=list(model.class_names),
            steps=model.stepwise and model.stepwise.about.steps,
            stream=model.stepwise and StreamFacts(values=model.stepwise.about.features),
        )

    @app.get("/", include_in_schema=False)
    async def draw() -> Response:
        return Response(page(model), media_type="text/html")

    @app.get("/page/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        found = page_file(name)
        if found is None:
            raise HTTPException(404, "there is no such page")
        return Response(found[0], media_type=found[1])

    return app


def _without_steps(model: Model) -> HTTPException:
    return HTTPException(
        409, f"{model.name} reads a picture as a whole: it believes nothing after single steps"
    )


def _say_what_is_wrong(app: FastAPI) -> None:
    """Answer every error with JSON of one message."""

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: Any) -> Response:
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: Any) -> Response:
        first = error.errors()[0]
        return JSONResponse({"error": f"{first['loc'][-1]}: {first['msg']}"}, 422)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Any) -> Response:
        _log.error("a request failed: %s: %s", type(error).__name__, error)
        return JSONResponse({"error": "the model failed; the server's log says why"}, 500)
