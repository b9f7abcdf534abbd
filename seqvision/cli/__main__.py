"""The command line as a process of its own: `seqvision`, and `python -m seqvision.cli`."""

import atexit
import contextlib
import gc
import os
import sys

from seqvision.cli import main


def process() -> None:
    """Run the command line, and end the process."""
    # Imports make a million objects that stay, which the garbage collector would look through
    # again and again.
    gc.set_threshold(100_000, 20, 100)
    code = 1

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # Its reader has gone, or it is closed.
                stream.flush()
        os._exit(code)

    # Registered first, this is called last, and spares the interpreter taking TensorFlow apart.
    atexit.register(leave)
    try:
        main()
    except SystemExit as end:
        # A text is an error, which Python prints.
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise


if __name__ == "__main__":
    process()
