"""Decodes many files by all cores."""

import contextlib
import json
import logging
import os
import queue
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
_AT_ONCE = 50
"""Files of a block at most, so that the bar moves where they are large."""
_WORTH = 1.0
"""Seconds of decoding from which on other processes are worth it, which start in a quarter."""


def decode(
    files: Sequence[Path], reader: str, options: dict[str, Any], at_once: int, what: str
) -> Iterator[Block]:
    """Decode files, under a progress bar; yield blocks of them in their order.

    Args:
        reader: the module that decodes a block of files, see `decoder.decoded_block`.
        options: of the reader.
        at_once: how many files a block has, 50 at most.
        what: they are, such as the name of their folder.

    Raises:
        DataError: one cannot be read, the first of those that cannot.
    """
    began = time.perf_counter()
    size = max(1, min(_AT_ONCE, at_once))
    blocks = [files[start : start + size] for start in range(0, len(files), size)]
    told = f"{what}: decoding {count(len(files))} files"
    with bar("decoding", len(files), told) as advance:
        for some, block in zip(blocks, _each(blocks, reader, options), strict=True):
            yield block
            advance(len(some))
    took = time.perf_counter() - began
    if took > _WORTH:
        rate = f"{count(len(files) / took)} a second"
        log.info("%s: decoded %s files in %s, %s", what, count(len(files)), duration(took), rate)


def _each(
    blocks: Sequence[Sequence[Path]], reader: str, options: dict[str, Any]
) -> Iterator[Block]:
    """Each block in turn, decoded by other processes if it takes long."""
    began = time.perf_counter()
    first, *others = blocks
    yield decoded_block(first, reader, options)
    cores = min(available_cores(), len(others))
    if cores < 2 or len(others) * (time.perf_counter() - began) < _WORTH:
        for files in others:
            yield decoded_block(files, reader, options)
        return
    with _decoders(cores) as free, ThreadPoolExecutor(cores) as pool:

        def elsewhere(files: Sequence[Path]) -> Block:
            decoder = free.get()
            try:
                found = _ask(decoder, files, reader, options)
            finally:
                free.put(decoder)
            return found or decoded_block(files, reader, options)

        waiting: deque[Future[Block]] = deque()
        for files in others:
            waiting.append(pool.submit(elsewhere, files))
            if len(waiting) > 2 * cores:  # No more, as all are in memory.
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with contextlib.suppress(OSError):
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    return None


def _ask(
    decoder: _Decoder, files: Sequence[Path], reader: str, options: dict[str, Any]
) -> Block | None:
    """Have a process decode a block; None if there is none, or it has ended.

    Raises:
        DataError: a file cannot be read.
    """
    if decoder is None or not decoder.stdin or not decoder.stdout:
        return None
    asked = {"files": [str(file) for file in files], "reader": reader, "options": options}
    try:
        decoder.stdin.write(json.dumps(asked).encode() + b"\n")
        decoder.stdin.flush()
        answer = json.loads(decoder.stdout.readline())
    except (OSError, ValueError):
        return None
    if "error" in answer:
        raise DataError(answer["error"])
    rows = np.empty(answer["shape"], answer["dtype"])
    content = rows.reshape(-1).view(np.uint8)
    return (rows, answer["known"]) if _filled(content.data, decoder.stdout) else None


def _filled(content: memoryview, pipe: Any) -> bool:
    """Read a pipe until so many bytes have come; whether they did."""
    got = 0
    while got < len(content) and (more := pipe.readinto(content[got:])):
        got += more
    return got == len(content)
