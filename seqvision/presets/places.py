"""Where the weights of a line of the manifest lie; they are downloaded if they lie nowhere."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from seqvision.errors import SeqvisionError
from seqvision.offline import offline
from seqvision.presets.checksum import check, sha256
from seqvision.presets.download import download
from seqvision.presets.facts import Facts

_PACKAGE = Path(__file__).parents[1]

PLACES = {
    "package": _PACKAGE / "presets" / "weights",
    "checkout": _PACKAGE.parent / "weights",
}
"""The folders that come with seqvision: in the wheel, and beside it in a checkout."""


def where_it_is(facts: Facts) -> tuple[str, Path] | None:
    """The place and the file of a preset that is on this machine, unchecked; None if it is not.

    The place is `package`, `checkout`, `SEQVISION_WEIGHTS` or `cache`.
    """
    return next(((place, file) for place, file in _here(facts) if file.is_file()), None)


def weights_file(facts: Facts) -> Path:
    """The file of a preset's weights, whose SHA-256 is the manifest's.

    Nothing is asked of the network if it is on this machine, or if `SEQVISION_OFFLINE` is set.

    Raises:
        SeqvisionError: it is not here and cannot be downloaded; with all that was tried. Or a file
            of its name is another.
    """
    expected = facts.more["sha256"]
    looked = []
    for place, file in _here(facts):
        looked.append(str(file.parent))
        if not file.is_file():
            continue
        if place == "cache" and sha256(file) != expected:
            continue  # Damaged; it is downloaded anew.
        check(file, expected)
        return file
    name, asked = facts.more["file"], []
    cached = cache_file(facts)
    for url in [] if offline() else _urls(facts):
        try:
            download(url, cached, facts.more["bytes"], expected)
            return cached
        except SeqvisionError as error:
            asked.append(f"{url} ({error})")
    if offline():
        tried = "nothing was asked of the network, as SEQVISION_OFFLINE is set"
    else:
        tried = f"asked {', '.join(asked)}" if asked else "the manifest knows no address of it"
    raise SeqvisionError(
        f"weights: {name} is not to be had: looked in {', '.join(looked)}; {tried}. "
        f"Put it at {cached}, or set SEQVISION_WEIGHTS to a folder or an address that holds {name}"
    )


def cache_file(facts: Facts) -> Path:
    """Where a download of a preset goes; its name holds its hash: no other is in its way."""
    stem = facts.more["file"].removesuffix(".weights.h5")
    return cache_folder() / f"{stem}-{facts.more['sha256'][:12]}.weights.h5"


def cache_folder() -> Path:
    """The folder of downloads: `$XDG_CACHE_HOME/seqvision`, or that of the platform."""
    home = os.environ.get("XDG_CACHE_HOME")
    if home:
        return Path(home).expanduser() / "seqvision"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~")).expanduser() / "seqvision" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "seqvision"
    return Path.home() / ".cache" / "seqvision"


def _here(facts: Facts) -> Iterator[tuple[str, Path]]:
    """The places on this machine that may hold a preset."""
    name = facts.more["file"]
    for place, folder in PLACES.items():
        if folder.is_dir():
            yield place, folder / name
    own = os.environ.get("SEQVISION_WEIGHTS", "")
    if own and not _is_url(own):
        folder = Path(own).expanduser()
        if not folder.is_dir():
            raise SeqvisionError(f"SEQVISION_WEIGHTS is {own}, and there is no such folder")
        yield "SEQVISION_WEIGHTS", folder / name
    yield "cache", cache_file(facts)


def _urls(facts: Facts) -> list[str]:
    """The addresses that may have a preset: a person's own first."""
    own = os.environ.get("SEQVISION_WEIGHTS", "")
    urls = [f"{own.rstrip('/')}/{facts.more['file']}"] if _is_url(own) else []
    return urls + [url for url in facts.more.get("urls", ()) if _is_url(url)]


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))
