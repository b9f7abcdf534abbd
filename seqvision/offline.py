"""Whether a person forbids the network."""

import os


def offline() -> bool:
    """Whether `SEQVISION_OFFLINE` is set, to anything but `0`, `no` or `false`."""
    return os.environ.get("SEQVISION_OFFLINE", "").lower() not in ("", "0", "false", "no")
