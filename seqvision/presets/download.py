"""Downloads a file: to a temporary name, checked, then renamed; or nothing is left."""

import contextlib
import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.formatting import size

log = logging.getLogger("seqvision")

_PATIENCE = 20  # seconds without an answer
_PART = 2**16  # bytes


def download(url: str, path: Path, octets: int, sha256: str) -> None:
    """Put the file at a URL at `path`, if it is the one that is meant.

    Args:
        url: of `http` or `https`.
        octets: its size; no more is read.
        sha256: in hex.

    Raises:
        SeqvisionError: it cannot be had, was cut short, or is another; nothing is left behind.
    """
    from urllib.request import urlopen

    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    digest, had = hashlib.sha256(), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with urlopen(url, timeout=_PATIENCE) as answer, temporary.open("wb") as file:
            with _progress(url, octets) as advance:
                while had <= octets and (part := answer.read(_PART)):
                    file.write(part)
                    digest.update(part)
                    had += len(part)
                    advance(len(part))
            file.flush()
            os.fsync(file.fileno())
        if had < octets:
            raise SeqvisionError(f"was cut short: {had:,} of {octets:,} bytes came")
        if digest.hexdigest() != sha256:
            raise SeqvisionError(
                f"is another file: its SHA-256 is {digest.hexdigest()[:12]}…, not {sha256[:12]}…"
            )
        temporary.replace(path)
    except SeqvisionError:
        raise
    except Exception as error:  # urllib, http, sockets and TLS each have errors of their own.
        reason = str(getattr(error, "reason", None) or error) or type(error).__name__
        code = f"{error.code} " if hasattr(error, "code") else ""  # type: ignore[attr-defined]
        raise SeqvisionError(code + reason.partition("\n")[0]) from None
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _progress(url: str, octets: int) -> Iterator[Any]:
    """Show how far a download is: a bar on stderr if a person looks at it, else a line of log."""
    if not sys.stderr.isatty():
        log.info("downloading %s (%s)", url, size(octets))
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(url.rpartition("/")[2], total=octets)
        yield lambda more: bar.advance(task, more)
