"""What speeds depend on: the processor, versions, and whether native kernels run."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from seqvision.cores import available_cores
from seqvision.devices import accelerator

_FLAGS = ("avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "avx512_fp16", "amx_tile")
_FLAGS += ("amx_bf16", "asimd", "sve", "bf16")  # From here on of ARM.
_FIELDS = {
    "vendor": ("vendor_id", "CPU implementer"),
    "family": ("cpu family", "CPU architecture"),
    "model": ("model", "CPU part"),
    "name": ("model name",),
}
"""What `/proc/cpuinfo` calls a processor's facts, on x86 and on ARM."""
_PACKAGES = ("tensorflow", "jax", "torch")
"""Whose versions matter besides the backend's: contenders use them."""


def machine() -> dict[str, Any]:
    """The `environment` of a record; starts Keras.

    Its `processor` says which `accelerator` the backend computes on, if there is one.
    """
    from seqvision.runs.environment import environment

    known = environment(threads={}, deterministic=False)
    # Each contender has threads of its own.
    left_out = ("threads", "deterministic", "cpu", "cores")
    versions = {package: _version(package) for package in _PACKAGES}
    beside = {"accelerator": accelerator()}
    return {
        **{key: value for key, value in known.items() if key not in left_out},
        **{package: found for package, found in versions.items() if found},
        "processor": {**processor(), **{key: name for key, name in beside.items() if name}},
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, Any]:
    """What the system says of the processor.

    `vendor`, `family`, `model`, `name`, the `flags` that kernels care about, and `cores`, those
    that this process may use. What the system does not say is left out.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:  # Such as on macOS.
        return {"name": platform.processor() or platform.machine(), "cores": available_cores()}
    facts: dict[str, str] = {}
    for line in lines:
        name, colon, value = (part.strip() for part in line.partition(":"))
        if colon:
            facts.setdefault(name, value)
    told: dict[str, Any] = {}
    for field, names in _FIELDS.items():
        if value := next((facts[name] for name in names if name in facts), None):
            told[field] = value
    has = (facts.get("flags") or facts.get("Features") or "").split()
    told["flags"] = [flag for flag in _FLAGS if flag in has]
    return {**told, "cores": available_cores()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
