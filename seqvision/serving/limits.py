"""What a server takes: how large, how long, how many at once, and under which name of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from seqvision.formatting import duration, size

_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Limits:
    """How much a server takes.

    Attributes:
        body: the most bytes of a request.
        pixels: the most pixels of a picture as it comes, which it takes memory to unpack.
        steps: the most steps of a series, and that a request to `/stream` brings.
        series: the most series in a request.
        requests: how many requests are worked on or wait; one more is told to come again.
        seconds: how long a request may take to arrive.
    """

    body: int = 10_000_000
    pixels: int = 50_000_000
    steps: int = 10_000
    series: int = 1_000
    requests: int = 128
    seconds: float = 30.0


class Guard:
    """Passes on what is within the limits; answers the rest itself (ASGI middleware).

    Every answer forbids the browser to load anything from elsewhere or to show the page in
    another.

    Args:
        app: an ASGI application.
        limits: how much it takes.
        local: refuse requests to another name than this machine's own. Otherwise a page of a
            stranger, whose name he lets resolve to 127.0.0.1, could ask the model for answers.
    """

    def __init__(self, app: Any, limits: Limits, local: bool):
        self._app, self._limits, self._local = app, limits, local
        self._at_work = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        send = _with_headers(send)
        if self._local and request.url.hostname not in _LOCAL:
            refusal = _refused(
                421, "this server answers to 127.0.0.1 and localhost; start it with --host to "
                "answer to other names"
            )  # fmt: skip
        elif _length(request) > self._limits.body:
            refusal = _refused(413, self._too_large())
        elif request.method == "POST" and self._at_work >= self._limits.requests:
            refusal = _refused(503, "too many requests at once; try again", {"Retry-After": "1"})
        else:
            self._at_work += request.method == "POST"
            try:
                await self._app(scope, self._limited(receive), send)
            finally:
                self._at_work -= request.method == "POST"
            return
        await refusal(scope, receive, send)

    def _limited(self, receive: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        """Receive a body up to the limits: one that comes in parts says no size beforehand."""
        received, whole = 0, False
        until = asyncio.get_running_loop().time() + self._limits.seconds

        async def limited() -> Any:
            nonlocal received, whole
            if whole:  # What comes now is that the client has gone.
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408,
                    f"the request did not arrive within {duration(self._limits.seconds)}",
                    {"Connection": "close"},
                ) from None
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self._limits.body:
                raise HTTPException(413, self._too_large(), {"Connection": "close"})
            return message

        return limited

    def _too_large(self) -> str:
        return f"the request is larger than {size(self._limits.body)}"


def _length(request: Request) -> int:
    """The bytes of the body that a request announces; 0 if it does not."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() and len(announced) < 20 else 0


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that leaves the request's body unread, for which the connection is closed."""
    return JSONResponse({"error": message}, status, {"Connection": "close", **(headers or {})})


_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; script-src 'self'; style-src 'self'; "
     b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
     b"frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]  # fmt: skip


def _with_headers(send: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sent
