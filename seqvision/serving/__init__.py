"""A trained model behind HTTP, and a page to try it."""

from importlib.util import find_spec

from seqvision.errors import SeqvisionError


def check_installed(*, ray: bool = False) -> None:
    """Check that what a server needs is there.

    Raises:
        SeqvisionError: it is not; with the line that installs it.
    """
    extra, needed = "serve", ["fastapi", "uvicorn", "python_multipart"]
    if ray:
        extra, needed = "serve-ray", [*needed, "ray", "aiohttp"]
    if missing := [name for name in needed if find_spec(name) is None]:
        raise SeqvisionError(
            f"serve needs {missing[0].replace('_', '-')}: pip install 'seqvision[{extra}]'"
        )
