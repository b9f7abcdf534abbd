"""Decodes many pictures by all cores."""

import contextlib
import json
import logging
import math
import queue
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.bar import bar
from seqvision.cores import available_cores
from seqvision.data.decoder import Block, decoded_block
from seqvision.errors import DataError
from seqvision.formatting import count, duration

log = logging.getLogger("seqvision")

_Decoder = subprocess.Popen[bytes] | None
_BLOCK = 2**22  # bytes of pixels
_PICTURES = 50
"""Pictures of a block at most, so that the bar moves where they are large files."""
_WORTH = 1.0
"""Seconds of decoding from which on other processes are worth it, which start in a quarter."""


def decode(
    files: Sequence[Path],
    options: dict[str, Any],
    write: Callable[[int, np.ndarray], None],
    what: str,
) -> dict[str, Any]:
    """Decode pictures, under a progress bar; return what is known of them.

    Args:
        options: of `read_picture`.
        write: takes images `(n, height, width[, 3])` and the place of the first; from several
            threads, in any order.
        what: they are, such as the name of their folder.

    Returns:
        To how many pictures each remark of `read_picture` applies, `remarks`, and their highest
        pixel, `highest`.

    Raises:
        DataError: one cannot be read, the first of those that cannot.
    """
    began = time.perf_counter()
    octets = math.prod(options["size"]) * (3 if options["color"] == "rgb" else 1)
    size = max(1, min(_PICTURES, _BLOCK // octets))
    blocks = [(start, files[start : start + size]) for start in range(0, len(files), size)]

    def done(start: int, block: Block) -> tuple[int, Counter[str], int]:
        images, said = block
        write(start, images)
        return len(images), said, int(images.max())

    remarks, highest = Counter[str](), 0
    told = f"{what}: decoding {count(len(files))} pictures"
    with bar("decoding", len(files), told) as advance:
        for pictures, said, high in _each(blocks, options, done):
            remarks.update(said)
            highest = max(highest, high)
            advance(pictures)
    took = time.perf_counter() - began
    if took > _WORTH:
        rate = f"{count(len(files) / took)} a second"
        log.info("%s: decoded %s pictures in %s, %s", what, count(len(files)), duration(took), rate)
    return {"remarks": dict(remarks), "highest": highest}


def _each(
    blocks: Sequence[tuple[int, Sequence[Path]]],
    options: dict[str, Any],
    done: Callable[[int, Block], Any],
) -> Iterator[Any]:
    """What is done with each block in turn, by other processes if it takes long."""
    began = time.perf_counter()
    (start, files), *others = blocks
    yield done(start, decoded_block(files, options))
    cores = min(available_cores(), len(others))
    if cores < 2 or len(others) * (time.perf_counter() - began) < _WORTH:
        for start, files in others:
            yield done(start, decoded_block(files, options))
        return
    with _decoders(cores) as free, ThreadPoolExecutor(cores) as pool:

        def elsewhere(block: tuple[int, Sequence[Path]]) -> Any:
            start, files = block
            decoder = free.get()
            try:
                found = _ask(decoder, files, options)
            finally:
                free.put(decoder)
            return done(start, found or decoded_block(files, options))

        yield from pool.map(elsewhere, others)


@contextlib.contextmanager
def _decoders(number: int) -> Iterator["queue.SimpleQueue[_Decoder]"]:
    """Processes that decode, None in place of one that cannot be started; killed at the end."""
    free: queue.SimpleQueue[_Decoder] = queue.SimpleQueue()
    started = [_started() for _ in range(number)]
    try:
        for process in started:
            free.put(process)
        yield free
    finally:
        for process in filter(None, started):
            process.kill()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            process.wait()


def _started() -> _Decoder:
    command = [sys.executable or "python3", "-m", "seqvision.data.decoder"]
    with contextlib.suppress(OSError):
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return None


def _ask(decoder: _Decoder, files: Sequence[Path], options: dict[str, Any]) -> Block | None:
    """Have a process decode a block; None if there is none, or it has ended.

    Raises:
        DataError: a picture cannot be read.
    """
    if decoder is None or not decoder.stdin or not decoder.stdout:
        return None
    asked = {"files": [str(file) for file in files], "how": options}
    try:
        decoder.stdin.write(json.dumps(asked).encode() + b"\n")
        decoder.stdin.flush()
        answer = json.loads(decoder.stdout.readline())
    except (OSError, ValueError):
        return None
    if "error" in answer:
        raise DataError(answer["error"])
    images = np.empty(answer["shape"], np.uint8)
    content = images.reshape(-1).data
    return (images, Counter(answer["said"])) if _filled(content, decoder.stdout) else None


def _filled(content: memoryview, pipe: Any) -> bool:
    """Read a pipe until so many bytes have come; whether they did."""
    got = 0
    while got < len(content) and (more := pipe.readinto(content[got:])):
        got += more
    return got == len(content)
