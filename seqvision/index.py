"""An index of what is registered, so that names and options are known without importing Keras.

Importing the cells, layers and datasets takes seconds, since Keras and TensorFlow come with them.
`index.json` holds what the commands `list`, `check` and `show` need of them. It is a copy of what
the files say, and each part carries a digest of the folder it was made from: if a folder has
changed since, its files are imported instead, which is slower and just as right. `seqvision index`
rewrites it, and a test fails while it is out of date.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("index.json")


def digest_of(folder: Path) -> str:
    """A digest of the names and the text of the Python files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(f"{path.name}\n{path.read_text(encoding='utf-8')}\n".encode())
    return digest.hexdigest()[:16]


def indexed(kind: str, folder: Path) -> dict[str, dict[str, Any]] | None:
    """The entries of a kind by name; None if the folder has changed since the index was written."""
    part = _parts().get(kind)
    return part["entries"] if part and part["digest"] == digest_of(folder) else None


def write_index(parts: dict[str, dict[str, Any]]) -> None:
    """Write the parts, each `{"digest": …, "entries": {name: …}}`, one entry a line."""
    lines = []
    for kind, part in parts.items():
        entries = ",\n".join(f"{_json(name)}: {_json(of)}" for name, of in part["entries"].items())
        digest = _json(part["digest"])
        lines.append(f'{_json(kind)}: {{"digest": {digest}, "entries": {{\n{entries}\n}}}}')
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    _parts.cache_clear()


@cache
def _parts() -> dict[str, Any]:
    try:
        return json.loads(PATH.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # Without an index everything is imported.
        return {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
