"""Finds the trained model that a person names, without importing Keras."""

import json
from dataclasses import dataclass
from pathlib import Path

from seqvision.errors import SeqvisionError
from seqvision.model_files import model_file
from seqvision.presets.facts import Facts, from_json, of_archive, of_record


@dataclass(frozen=True)
class Trained:
    """A trained model that was found.

    Attributes:
        source: what the person named.
        file: a `.keras`, `.weights.h5` or `.onnx` file.
        facts: what is known of it; None of a `.keras` file that Keras alone wrote.
    """

    source: str
    file: Path
    facts: Facts | None


def find_trained(source: str | Path) -> Trained:
    """Find a trained model: a `.keras` or `.onnx` file, or the folder of a finished run.

    Raises:
        SeqvisionError: there is none, or its facts cannot be read.
    """
    path = Path(source).expanduser()
    if path.suffix == ".onnx" and path.is_file():
        return Trained(str(source), path, _beside(path))
    file = model_file(source, "model", [".keras"])
    facts = of_archive(file)
    record = file.parent / "record.json"
    if facts is None and path.is_dir() and record.is_file():  # A run of before.
        facts = of_record(json.loads(record.read_text(encoding="utf-8")))
    return Trained(str(source), file, facts)


def _beside(path: Path) -> Facts | None:
    """The facts in the JSON file that `seqvision export` writes beside a file."""
    sidecar = path.with_name(f"{path.name}.json")
    if not sidecar.is_file():
        return None
    try:
        return from_json(json.loads(sidecar.read_text(encoding="utf-8")), sidecar)
    except (OSError, ValueError) as error:
        raise SeqvisionError(f"{sidecar}: cannot be read: {error}") from None
