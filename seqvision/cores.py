"""How many processor cores there are to use."""

import math
import os

from seqvision.cgroup import core_quota


def available_cores() -> int:
    """The processor cores that this process may use, within its container's quota rounded up."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = core_quota()
    return max(1, min(count or 1, math.ceil(quota or count or 1)))
