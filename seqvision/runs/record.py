"""The record of a run: one folder, complete exactly when its record.json is there."""

import csv
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.config.schema import Config
from seqvision.devices import devices
from seqvision.runs.answers import write_answers
from seqvision.runs.files import write_atomically

_BACKENDS = {"tensorflow": ["tensorflow"], "jax": ["jax", "jaxlib"], "torch": ["torch"]}
"""The packages whose versions tell a backend apart."""


def run_id(config: Config, seed: int) -> str:
    """`name/hash-sSEED`: also the path of a run's folder within the results."""
    return f"{config.name}/{config.hash}-s{seed}"


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a folder; None when there is none or it cannot be read."""
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and "status" in record else None


def ended_well(folder: Path, *, test: bool = True) -> dict[str, Any] | None:
    """The record of a run that ended well, and with test figures if they are asked for."""
    record = read_record(folder)
    wanted = ("finished",) if test else ("finished", "untested")
    return record if record and record["status"] in wanted else None


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN, which JSON has not, becomes null."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    write_atomically(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def write_yaml(path: Path, value: dict[str, Any], comment: Iterable[str] = ()) -> None:
    """Write plain data as YAML, atomically, below the lines of a comment."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None  # Short lists and mappings on one line.
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(f"# {line}\n" for line in comment)
            yaml.dump(value, file)

    write_atomically(path, write)


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table, atomically."""

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)

    write_atomically(path, write)


def write_predictions(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write test probabilities `(n, classes)` float32 and labels `(n,)`, atomically.

    Beside them go the answers that they make, answers.npz.
    """
    arrays = {"probabilities": probabilities.astype(np.float32), "labels": labels}
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))
    write_answers(path.with_name("answers.npz"), arrays["probabilities"], labels)


def environment(threads: dict[str, int], deterministic: bool) -> dict[str, Any]:
    """Versions, hardware and settings that numbers and speeds depend on."""
    import keras

    backend = keras.backend.backend()
    packages = ["seqvision", "keras", "numpy", *_BACKENDS.get(backend, [])]
    return {
        **{package: version(package) for package in packages},
        "python": platform.python_version(),
        "backend": backend,
        "platform": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "devices": devices(),
        "threads": threads,
        "deterministic": deterministic,
        "git_commit": _git_commit(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor()


def _git_commit() -> str | None:
    """The commit of seqvision's own source, when it runs from a checkout."""
    home = Path(__file__).parents[2]
    if not (home / ".git").exists():
        return None
    command = ["git", "-C", str(home), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
