"""The files of an export, its sidecar's name, and their checksums."""

import hashlib
from pathlib import Path
from typing import Any


def beside(path: Path) -> Path:
    """The sidecar of an exported file: `model.onnx.json` of `model.onnx`."""
    return path.with_name(f"{path.name}.json")


def files_of(path: Path) -> list[Path]:
    """The files of an export: a folder's, or a file and what belongs to it."""
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    return [path, *second_file(path)]


def second_file(path: Path) -> list[Path]:
    """The `model.bin` that belongs to OpenVINO's `model.xml`, and to no other file."""
    return [path.with_suffix(".bin")] if path.suffix == ".xml" else []


def checksums(path: Path) -> dict[str, Any]:
    """The size and the SHA-256 of each file; `sha256` and `bytes` of the first, or of all."""
    root = path if path.is_dir() else path.parent
    files = {
        each.relative_to(root).as_posix(): {
            "bytes": each.stat().st_size,
            "sha256": hashlib.sha256(each.read_bytes()).hexdigest(),
        }
        for each in files_of(path)
    }
    if path.is_dir():
        lines = "".join(f"{of['sha256']}  {name}\n" for name, of in files.items())
        digest = hashlib.sha256(lines.encode()).hexdigest()  # Of what `sha256sum` prints.
    else:
        digest = files[path.name]["sha256"]
    size = sum(of["bytes"] for of in files.values())
    return {"bytes": size, "sha256": digest, "files": files if len(files) > 1 else None}
