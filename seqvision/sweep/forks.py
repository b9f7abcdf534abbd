"""The process that workers are forked from: it has imported everything, and computed nothing.

A fork shares what was imported, and so begins at once. But of the threads it has only the one that
forked, and a lock that another one held is never released. So workers are not forked from the
process that a person began, whatever that has done, but from one made for it, in which no thread
is started, and no backend, before it forks.

It reads no orders, and knows nothing of runs: `python -m seqvision.sweep.forks SOCKET`.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

from seqvision.import_keras import hidden, import_keras

AVAILABLE = sys.platform == "linux"
"""Elsewhere there is no fork (Windows), or system libraries do not survive one (macOS)."""


class Forks:
    """Starts workers as forks of one process, which begins here to import what they need."""

    def __init__(self) -> None:
        self._begin()

    def __call__(self, stdin: int, stdout: int, stderr: int) -> Callable[[], int | None]:
        """Start a worker with these files; return what waits for its end and gives its exit code.

        The code is None if nobody knows it, as the process that would have is gone itself.
        """
        told, tells = os.pipe()
        try:
            files = [stdin, stdout, stderr, tells]
            try:
                socket.send_fds(self._socket, [b"."], files)
            except OSError:  # Something ended it: another one does as well.
                self.close()
                self._begin()
                socket.send_fds(self._socket, [b"."], files)
        finally:
            os.close(tells)
        return lambda: _exit_code(told)

    def close(self) -> None:
        """End the process. Its forks go on until they have been told to end."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _begin(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "seqvision.sweep.forks", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Whatever cannot be imported here, a worker says.
                stderr=subprocess.DEVNULL,
            )


def _exit_code(told: int) -> int | None:
    with os.fdopen(told) as file:
        text = file.read()
    return int(text) if text else None


def import_all() -> None:
    """Import what a run needs, without a thread being started."""
    with hidden("pandas"):  # It starts one of PyArrow's; Keras has it for those who fit its frames.
        import_keras()
    import seqvision.runs.train
    import seqvision.sweep.worker  # noqa: F401


def main() -> None:
    """Fork whenever the socket asks for it, and end when it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Whoever began this decides what ends.
    gc.set_threshold(100_000, 20, 100)  # As in `cli/__main__.py`.
    with contextlib.suppress(Exception):
        import_all()
    gc.collect()
    gc.freeze()  # What the garbage collector looks at would be copied in every fork.
    _fork_when_asked(socket.socket(fileno=int(sys.argv[1])))
    # This is a fork.
    from seqvision.sweep.worker import main

    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # The end of a process that has imported so much takes a while.


def _fork_when_asked(asked: socket.socket) -> None:
    """Return in each fork, whose standard files are those that came with the request."""
    wakes, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    tells: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asked, wakes], [], [])
        if wakes in ready:
            wakes.recv(4096)
            _tell_of_ended(tells)
        if asked not in ready:
            continue
        _, files, _, _ = socket.recv_fds(asked, 1, 4)
        if not files:
            sys.exit()
        pid = os.fork()
        if not pid:
            break
        tells[pid] = files.pop()
        for file in files:
            os.close(file)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for to, file in enumerate(files[:3]):
        os.dup2(file, to)
    for file in [*files, *tells.values()]:
        os.close(file)
    for each in (asked, wakes, wake):
        each.close()


def _tell_of_ended(tells: dict[int, int]) -> None:
    """Write the exit codes of forks that have ended to whoever asked for them."""
    for pid in list(tells):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with os.fdopen(tells.pop(pid), "w") as file, contextlib.suppress(BrokenPipeError):
                file.write(str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
