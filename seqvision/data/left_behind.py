"""Files and folders that operating systems and tools leave among a person's data."""

_NAMES = {
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "__macosx",
    "__pycache__",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}


def left_behind(name: str) -> bool:
    """Whether a file or folder of this name is nobody's data: `.DS_Store`, `._0.png`, `__MACOSX`.

    Every name that begins with a dot counts as such.
    """
    return name.startswith(".") or name.lower() in _NAMES
