"""A trained model of the Hugging Face hub: its facts and its weights, and nothing else of it."""

import json
import re
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.offline import offline
from seqvision.presets.checksum import check
from seqvision.presets.facts import NAME, Facts, from_json

SCHEME = "hf://"

_ADDRESS = re.compile(
    r"hf://(?P<repo>[\w][\w.-]*/[\w][\w.-]*)(@(?P<revision>[\w][\w./-]*))?", re.ASCII
)


def on_hub(address: str) -> tuple[Path, Facts]:
    """Return the file of weights and the facts at `hf://owner/name@revision`.

    Two files are downloaded into the hub's own cache, `seqvision.json` and the weights that it
    names; no code of the repository is. `SEQVISION_OFFLINE` and `HF_HUB_OFFLINE` leave the cache.

    Raises:
        SeqvisionError: it is no such address, the extra is missing, or the files are not to be had.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise SeqvisionError(f"{address}: expected hf://owner/name or hf://owner/name@revision")
    facts_file = _file(address, match, NAME)
    try:
        facts = from_json(json.loads(facts_file.read_text(encoding="utf-8")), address)
    except (OSError, ValueError) as error:
        raise SeqvisionError(f"{address}: its {NAME} cannot be read: {error}") from None
    file = _file(address, match, weights_name(facts, address))
    check(file, facts.more.get("sha256"))
    return file, facts


def weights_name(facts: Facts, where: str | Path) -> str:
    """The name of the file of weights beside `seqvision.json`.

    Raises:
        SeqvisionError: it is not the name of a file of weights, or leads elsewhere.
    """
    name = facts.more.get("file", "model.weights.h5")
    if not isinstance(name, str) or not re.fullmatch(r"[\w][\w.-]*\.weights\.h5", name, re.ASCII):
        raise SeqvisionError(f"{where}: names {name!r}, which is no file of weights beside it")
    return name


def hub() -> Any:
    """Import huggingface_hub.

    Raises:
        SeqvisionError: it is not installed.
    """
    try:
        import huggingface_hub
    except ModuleNotFoundError:
        raise SeqvisionError("the hub needs an extra: pip install 'seqvision[hub]'") from None
    return huggingface_hub


def why(error: Exception) -> str:
    """What huggingface_hub says went wrong, in a line."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(dict.fromkeys(filter(None, lines)))[:300] or type(error).__name__


def _file(address: str, match: re.Match[str], name: str) -> Path:
    """A file of the repository, downloaded unless it is in the hub's cache."""
    download = hub().hf_hub_download
    try:
        options: dict[str, Any] = {"revision": match["revision"], "local_files_only": offline()}
        return Path(download(match["repo"], name, **options))
    except Exception as error:  # The hub's, of its client's sockets, of the disk.
        raise SeqvisionError(f"{address}: {name} is not to be had: {why(error)}") from None
