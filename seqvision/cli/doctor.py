"""`seqvision doctor`: what this installation has, and what it uses of the machine."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

_PACKAGES = ("seqvision", "keras", "tensorflow", "jax", "torch", "keras-tuner", "numpy", "ray")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool) -> None:
    """Say what is installed, what the machine is, and whether the native kernels run.

    The same to add to a report of a fault. Kernels that are missing are compiled first.

    \b
    seqvision doctor
    seqvision doctor --json
    """
    facts = _facts()
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {'-' if value is None else value}")


def _facts() -> dict[str, Any]:
    from seqvision.cache_folder import cache_folder
    from seqvision.cores import available_cores
    from seqvision.devices import devices
    from seqvision.formatting import short
    from seqvision.import_keras import import_keras
    from seqvision.native import core
    from seqvision.native.build import CannotBuild, compiler
    from seqvision.runs.environment import cpu

    backend = import_keras().backend.backend()
    facts: dict[str, Any] = {name: _version(name) for name in _PACKAGES}
    facts |= {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "backend": backend,
        "devices": ", ".join(devices()),
        "cpu": cpu(),
        "cores": f"{available_cores()} of {os.cpu_count()}",
    }
    try:
        facts["compiler"] = " ".join(compiler())
    except CannotBuild as error:
        facts["compiler"] = str(error)
    hindrance = core.hindrance() or _hindrance_of_binding(backend)
    if hindrance is None:
        facts["native kernels"] = f"{core.processor()}, {core.threads()} threads"
        facts["peak of a core"] = f"{short(core.load().sv_peak(0.2) / 1e9)} GFLOP/s in float32"
    else:
        facts["native kernels"] = f"not used: {hindrance}"
        facts["how to get them"] = _remedy(hindrance)
    facts["compiled files"] = str(cache_folder("native"))
    facts["decoded files"] = str(cache_folder("decoded"))
    return facts


def _hindrance_of_binding(backend: str) -> str | None:
    from importlib import import_module

    try:
        binding = import_module(f"seqvision.native.on_{backend}")
    except ModuleNotFoundError:
        return f"there are none for the backend {backend}"
    return binding.cannot_bind()


def _remedy(hindrance: str) -> str:
    if "compiler" in hindrance:
        return "install a C++17 compiler (g++, clang++), or name one in $CXX"
    for variable in ("SEQVISION_NATIVE", "SEQVISION_ENGINE"):
        if variable in hindrance:
            return f"unset {variable}"
    if "there is a" in hindrance:
        return "they are for CPUs; a GPU has the backend's own"
    return "name a folder to write to in $SEQVISION_CACHE, or remove the compiled files"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
