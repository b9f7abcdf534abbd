"""The web application: answers, steps, health and a page to draw on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

import seqvision
from seqvision.serving import answers, openapi
from seqvision.serving.answers import Health, Problem, Streamed, StreamFacts
from seqvision.serving.batching import Batcher, padded_sizes
from seqvision.serving.limits import Guard, Limits
from seqvision.serving.page import page, page_file
from seqvision.serving.predict import ADD_PREDICT, without_steps
from seqvision.serving.states import encoded
from seqvision.serving.streams import steps_of
from seqvision.serving.work import Model, warm_up, work_of

_log = logging.getLogger("seqvision")


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
        SeqvisionError: the model reads neither pictures nor series.
    """
    limits, kind = limits or Limits(), model.facts.kind
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

    ADD_PREDICT[kind](app, model, limits, answered)
    features = model.stepwise.about.features if model.stepwise else None

    @app.post("/stream", openapi_extra=openapi.stream(kind, features))
    async def stream(request: Request) -> Streamed:
        """What a causal model believes after each of the next steps; the client keeps its state."""
        if model.stepwise is None:
            raise without_steps(model)
        content = await steps_of(request, model.stepwise, kind, limits)
        logits, states = await answered("stream", content)
        return Streamed(steps=answers.steps(model, logits), state=encoded(states))

    @app.get("/health")
    async def health() -> Health:
        """That the server works, and what it serves."""
        return Health(
            model=model.name,
            kind=kind,
            input_shape=list(model.facts.input_shape),
            features=model.feature_names,
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
