"""Lines of a text file of any size, read one at a time."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from seqvision.errors import DataError

LONGEST = 2**28
"""The bytes of the longest line that is read."""
_LARGEST = 4 * 2**30
"""The most bytes that a packed file may unpack to."""
_BOM = b"\xef\xbb\xbf"
_BOMS_OF_16_BITS = (b"\xff\xfe", b"\xfe\xff")


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file, plain or gzipped, without their ends, and their numbers from 1.

    Lines end as on Windows, on Linux or on old Macs. A line that is not UTF-8 is taken for Latin-1.

    Raises:
        DataError: the file cannot be read, is no text, or has a line too long for any series.
    """
    number = size = 0
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"  # Whatever its name says.
            raw.seek(0)
            file = gzip.GzipFile(fileobj=raw) if packed else raw
            while content := file.readline(LONGEST + 1):
                size += len(content)
                if len(content) > LONGEST:
                    raise DataError(f"{path}:{number + 1}: a line longer than {LONGEST:,} bytes")
                if packed and size > _LARGEST:
                    raise DataError(f"{path}: unpacks to more than {_LARGEST:,} bytes")
                if number == 0:
                    if content.startswith(_BOMS_OF_16_BITS):
                        raise DataError(f"{path}: text of 16 bits a character; save it as UTF-8")
                    content = content.removeprefix(_BOM)
                if b"\0" in content:
                    raise DataError(f"{path}:{number + 1}: no text: there is a zero byte")
                for line in content.splitlines():
                    number += 1
                    yield number, _decoded(line)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from None


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
