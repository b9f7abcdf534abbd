"""The limits that Linux's control groups, and so containers, set for this process."""

from collections.abc import Iterator
from pathlib import Path


def core_quota(root: Path = Path("/")) -> float | None:
    """The processor time that this process may use, in cores; None where nothing limits it."""
    quotas = []
    for folder in _folders(root, "cpu"):
        try:
            if (folder / "cpu.max").exists():  # Version 2.
                quota, period = (folder / "cpu.max").read_text().split()
            else:
                quota = (folder / "cpu.cfs_quota_us").read_text()
                period = (folder / "cpu.cfs_period_us").read_text()
            if float(quota) > 0:
                quotas.append(float(quota) / float(period))
        except (OSError, ValueError, ZeroDivisionError):  # `max`, or no limit is kept here.
            continue
    return min(quotas, default=None)


def memory_limit(root: Path = Path("/")) -> int | None:
    """The memory that this process may use, in bytes; None where nothing limits it."""
    limits = []
    for folder in _folders(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            try:
                limits.append(int((folder / name).read_text()))
            except (OSError, ValueError):
                continue
    return min(limits, default=None)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the process's control groups, each followed by its parents."""
    home = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            base = home
        elif controller in controllers.split(","):  # Version 1 has a tree for each controller.
            base = home / controller
        else:
            continue
        # Within a container the group may be mounted as the root.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        yield from (base.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))
