"""How much memory there is, and an error before something starts that cannot fit."""

import os
import sys
from pathlib import Path

from seqvision.cgroup import memory_limit
from seqvision.errors import SeqvisionError

_STATUS = Path("/proc/self/status")
_STATM = Path("/proc/self/statm")
_SWAP_AND_MEMORY = ("MemTotal", "SwapTotal")


def total_memory(root: Path = Path("/")) -> int | None:
    """The most bytes that this process can use, free or not; None where the system does not say.

    It is the machine's memory and swap, or what the container's control group allows if that is
    less.
    """
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        sizes = dict(line.split(":") for line in lines)
        machine = sum(int(sizes.get(key, "0 kB").split()[0]) * 1024 for key in _SWAP_AND_MEMORY)
    except (OSError, ValueError):
        machine = _by_system_call()
    limits = [limit for limit in (machine, memory_limit(root)) if limit]
    return min(limits, default=None)


def peak_memory() -> int:
    """The most bytes that this process has used at once; 0 where the system does not say."""
    if sys.platform == "linux":
        # What `getrusage` says begins here with the peak of the process that started this one.
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        status = dict(line.split(":", 1) for line in lines)
        return 1024 * int(status["VmHWM"].split()[0])
    try:
        import resource
    except ModuleNotFoundError:  # Windows has none.
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def used_memory() -> int:
    """The bytes that this process holds now, shared ones too; 0 where the system does not say."""
    if sys.platform != "linux":
        return 0
    return os.sysconf("SC_PAGE_SIZE") * int(_STATM.read_text(encoding="utf-8").split()[1])


def check_fits(size: float, what: str, more: int = 0) -> None:
    """Refuse what certainly cannot fit.

    Args:
        size: the bytes it takes at least.
        what: how a message begins, such as `"model: its weights"`.
        more: the bytes that there are besides the machine's, such as accelerators'.

    Raises:
        SeqvisionError: with both sizes.
    """
    there = total_memory()
    if there and size > there + more:
        raise SeqvisionError(
            f"{what} would take {_gigabytes(size)} of memory at the least, and there are "
            f"{_gigabytes(there + more)}"
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size < 1e15 else f"{size / 1e9:.1e} GB"


def _by_system_call() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
