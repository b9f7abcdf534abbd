"""Runs the application on an address of this machine until it is told to stop."""

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from seqvision.errors import SeqvisionError

_GRACE = 30
"""Seconds in which the answers in flight finish once the server is told to stop."""


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address; port 0 is any free one.

    Raises:
        SeqvisionError: the port is in use or not allowed, or the address is not this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
    except OSError as error:
        raise SeqvisionError(f"--host {host}: is no address: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            why = f"--port {port}: is in use; --port 0 takes any free one"
        elif error.errno == errno.EACCES:
            why = f"--port {port}: may not be used; those from 1024 on may"
        else:
            why = f"--host {host}: is no address of this machine: {error.strerror}"
        raise SeqvisionError(why) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """Where a browser finds what listens at a socket."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}/"


def serve(
    app: Any, listening: socket.socket, ready: Callable[[Callable[[], None]], object]
) -> None:
    """Serve an application until Ctrl-C or SIGTERM; what is being answered then is finished.

    Args:
        ready: called once requests are answered, with a function that stops the server.
    """

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready(lambda: setattr(self, "should_exit", True))

    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=15,
        )
    )

    with listening, suppress(KeyboardInterrupt), _terminated_as_interrupted():
        server.run(sockets=[listening])


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Have SIGTERM do what Ctrl-C does: when all is finished, uvicorn raises it again."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # Signals are another's.
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
