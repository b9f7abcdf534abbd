"""Output on any terminal: characters that its encoding lacks are replaced by similar ones.

A strange path, or `φ` on a Windows console, must not cost the result of a long search.
"""

import codecs
import contextlib
import io
import os
import sys
import unicodedata
from typing import Any

_HANDLER = "seqvision.lookalike"
_ASCII = "seqvision-ascii"
_LOOKALIKES = {
    "–": "-",
    "−": "-",
    "─": "-",
    "│": "|",
    "‖": "|",
    "·": ".",
    "⋮": ":",
    "×": "x",
    "±": "+-",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "√": "sqrt",
    "∘": "o",
    "⊙": "*",
    "Π": "prod",
    "Σ": "sum",
    # Pictures from light to dark, and bars from low to high.
    **dict(zip("░▒▓█", ".:%#", strict=True)),
    **dict(zip("▁▂▃▄▅▆▇", "_.-=+*%", strict=True)),
}
"""Other characters are shown without their accent, by their name if Greek, or else as `?`."""


def replace_unencodable() -> None:
    """Make standard output and standard error replace characters that they cannot encode."""
    codecs.register_error(_HANDLER, _replace)
    codecs.register(_find_ascii)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        # Click takes an ASCII stream for a mistake and writes UTF-8 to it; not if the encoding has
        # another name.
        is_ascii = codecs.lookup(stream.encoding).name == "ascii"
        stream.reconfigure(encoding=_ASCII if is_ascii else stream.encoding, errors=_HANDLER)


def give_up_stdout() -> None:
    """Send what is still to be written, to a reader that has gone, nowhere and without a word."""
    with contextlib.suppress(OSError, ValueError):  # It is no file.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_lookalike, text)), error.end


def _lookalike(character: str) -> str:
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    if plain or unicodedata.combining(character):
        return plain
    name = unicodedata.name(character, "")
    return name.split()[-1].lower() if name.startswith("GREEK SMALL LETTER") else "?"


def _find_ascii(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != _ASCII:
        return None
    ascii: Any = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii.encode,
        ascii.decode,
        ascii.streamreader,
        ascii.streamwriter,
        ascii.incrementalencoder,
        ascii.incrementaldecoder,
        name=_ASCII,
    )
