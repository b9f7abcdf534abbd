"""What only an extra installs, as `pip install 'seqvision[onnx]'` does."""

from collections.abc import Iterable
from importlib.util import find_spec

from seqvision.errors import SeqvisionError


def check_installed(what: str, modules: Iterable[str], extra: str) -> None:
    """Check that modules can be imported, without importing them.

    Args:
        what: what needs them, as the beginning of a message.
        extra: the extra that installs them.

    Raises:
        SeqvisionError: they cannot; with the line that installs them.
    """
    if missing := [name.replace("_", "-") for name in modules if find_spec(name) is None]:
        raise SeqvisionError(
            f"{what} needs {' and '.join(missing)}: pip install 'seqvision[{extra}]'"
        )
