"""Downloads a file: to a temporary name, checked, then renamed; or nothing is left."""

import hashlib
import os
from pathlib import Path

from seqvision.bar import bar
from seqvision.errors import SeqvisionError
from seqvision.formatting import size

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
            told = f"downloading {url} ({size(octets)})"
            with bar(url.rpartition("/")[2], octets, told, octets=True) as advance:
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
