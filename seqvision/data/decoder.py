"""Decodes blocks of pictures, here or in a process of its own: `python -m seqvision.data.decoder`.

The process reads a JSON line for each block, and answers with one, which the pixels follow. When
its standard input closes, its parent is gone, and it ends.
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.data.pictures import read_picture
from seqvision.errors import DataError

Block = tuple[np.ndarray, Counter[str]]
"""Images `(n, height, width[, 3])`, uint8, and how many each remark of `read_picture` is of."""


def decoded_block(files: Sequence[Path], options: dict[str, Any]) -> Block:
    """Read pictures.

    Args:
        options: of `read_picture`.

    Raises:
        DataError: one of them cannot be read.
    """
    images, said = [], Counter[str]()
    for file in files:
        image, done = read_picture(file, **options)
        images.append(image)
        said.update(done)
    return np.stack(images), said


def main() -> None:
    """Decode what standard input names, until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent.
    with os.fdopen(os.dup(1), "wb") as pipe:
        os.dup2(2, 1)  # Whatever is printed must not come between answers.
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                images, said = decoded_block([Path(file) for file in asked["files"]], asked["how"])
                content = images.data
                answer = {"shape": images.shape, "said": said}
            except DataError as error:
                content, answer = b"", {"error": str(error)}
            pipe.write(json.dumps(answer).encode() + b"\n")
            pipe.write(content)
            pipe.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # Its parent was killed.
        os._exit(1)
