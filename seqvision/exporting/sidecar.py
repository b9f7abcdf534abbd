"""The JSON file beside an exported one: what it is, how it is to be fed, how it was checked."""

import hashlib
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras

from seqvision.exporting.format import Format
from seqvision.exporting.graph import INPUT, Graph
from seqvision.presets.facts import Facts
from seqvision.scans.base import Scan

_PACKAGES = {"ai_edge_litert": "ai-edge-litert"}
"""What is not called as its module is."""


def beside(path: Path) -> Path:
    """The sidecar of an exported file: `model.onnx.json` of `model.onnx`."""
    return path.with_name(f"{path.name}.json")


def content(
    facts: Facts, graph: Graph, name: str, format: type[Format], temperature: float | None
) -> dict[str, Any]:
    """What is said of a file besides its check: facts, format, preprocessing and versions.

    Args:
        temperature: what the logits are divided by within the file, if they are.
    """
    if temperature is not None:  # Whoever reads the file need not, and must not, divide again.
        facts = replace(facts, temperature=None)
    packages = ["seqvision", "keras", "tensorflow", "numpy", *format.card.get("packages", [])]
    return {
        **facts.to_json(),
        "format": name,
        "runtime": format.card["runtime"],
        "softmax": graph.output == "probabilities",
        "divided_by": temperature,
        "output": graph.output,
        "batch": graph.batch or "any",
        "preprocessing": _preprocessing(graph),
        "versions": {package: _version(package) for package in packages},
    }


def _preprocessing(graph: Graph) -> dict[str, Any]:
    shape = list(graph.model.input_shape[1:])
    axes = ["height", "width", "channel"][: len(shape)]
    scans = [layer for layer in graph.model.layers if isinstance(layer, Scan)]
    scales = [la.scale for la in graph.model.layers if isinstance(la, keras.layers.Rescaling)]
    inside = [f"a multiplication of pixels by {scale:.6g}" for scale in scales]
    inside += [f"the order of reading ({type(scan).__name__})" for scan in scans]
    return {
        "input": INPUT,
        "layout": ["batch", *axes],
        "shape": [graph.batch, *shape],
        "dtype": "float32",
        "black": 0,
        "white": 255,
        "inside": inside,
        "in_words": "Give raw pixels from 0 to 255 as float32; all else is inside the file.",
    }


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


def _version(package: str) -> str | None:
    try:
        return version(_PACKAGES.get(package, package))
    except PackageNotFoundError:
        return None
