"""Decodes blocks of files, here or in a process of its own: `python -m seqvision.data.decoder`.

The process reads a JSON line for each block, and answers with one, which the rows follow. When its
standard input closes, its parent is gone, and it ends.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.errors import DataError

Block = tuple[np.ndarray, dict[str, Any]]
"""The rows of some files, one after another, and what is known of the files, plain data."""


def decoded_block(files: Sequence[Path], reader: str, options: dict[str, Any]) -> Block:
    """Read files.

    Args:
        reader: a module with `read_block(files, **options)`.

    Raises:
        DataError: one of them cannot be read.
    """
    return import_module(reader).read_block(files, **options)


def main() -> None:
    """Decode what standard input names, until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent.
    with os.fdopen(os.dup(1), "wb") as pipe:
        os.dup2(2, 1)  # Whatever is printed must not come between answers.
        for line in sys.stdin:
            asked = json.loads(line)
            files = [Path(file) for file in asked["files"]]
            try:
                rows, known = decoded_block(files, asked["reader"], asked["options"])
                content = np.ascontiguousarray(rows).data
                answer = {"shape": rows.shape, "dtype": rows.dtype.str, "known": known}
            except DataError as error:
                content, answer = b"", {"error": str(error)}
            pipe.write(json.dumps(answer).encode() + b"\n")
            pipe.write(content)
            pipe.flush()


if __name__ == "__main__":
    main()
