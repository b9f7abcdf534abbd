"""The part of a record that says where its run was performed."""

import os
import platform
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from seqvision.devices import devices
from seqvision.native import core

_BACKENDS = {"tensorflow": ["tensorflow"], "jax": ["jax", "jaxlib"], "torch": ["torch"]}
"""The packages of each backend whose versions a record holds."""


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
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "devices": devices(),
        "threads": threads,
        "deterministic": deterministic,
        "native": None if core.hindrance() else core.processor(),
        "git_commit": _git_commit(),
    }


def cpu() -> str:
    """The name of the processor."""
    if sys.platform == "darwin":  # Where Python says no more than `arm`.
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.SubprocessError):
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
            return done.stdout.strip()
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
