"""Where what was made once, such as compiled code, is kept for other processes and later runs."""

import os
import sys
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """The folder of one kind of things: `$SEQVISION_CACHE/<kind>`, or in that of the platform."""
    if chosen := os.environ.get("SEQVISION_CACHE"):
        return Path(chosen) / kind
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "seqvision" / kind
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "seqvision" / kind
    return Path.home() / ".cache" / "seqvision" / kind
