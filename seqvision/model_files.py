"""Files of models and weights: which one is meant, and an error for one that cannot be read."""

from collections.abc import Sequence
from pathlib import Path

from seqvision.errors import SeqvisionError


def model_file(source: str | Path, what: str, suffixes: Sequence[str], also: str = "") -> Path:
    """Return the file that a person means.

    Args:
        source: a file, or the folder of a finished run, which holds a `model.keras`.
        what: what the file holds, the first word of an error: `"model"` or `"weights"`.
        suffixes: the endings that its name may have.
        also: what else a person may name, the last words of what is expected.

    Raises:
        SeqvisionError: there is no such file, or its name ends otherwise.
    """
    *others, last = suffixes
    endings = f"{', '.join(others)} or {last}" if others else last
    expected = f"expected a {endings} file, or the folder of a finished run{also}"
    if not isinstance(source, (str, Path)):
        raise SeqvisionError(f"{what}: {expected}, got {source!r}")
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            path = path / "model.keras"
            if not path.is_file():
                raise SeqvisionError(f"{what}: {source} holds no model.keras; {expected}")
        if not path.is_file():
            raise SeqvisionError(f"{what}: no file {str(source)!r}; {expected}")
    except (OSError, RuntimeError) as error:  # The name is too long, for instance.
        raise SeqvisionError(f"{what}: no file {str(source)!r}: {error}") from None
    if not path.name.endswith(tuple(suffixes)):
        raise SeqvisionError(f"{what}: {source} is another kind of file; {expected}")
    return path


def unreadable(source: str | Path, what: str, error: Exception) -> SeqvisionError:
    """The error to raise for a file that a reader failed on, with the first line of its message."""
    reason = str(error).strip().strip("'\"").partition("\n")[0]
    return SeqvisionError(f"{what}: {source} cannot be read: {reason}")
