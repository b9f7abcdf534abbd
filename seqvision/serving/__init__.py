"""A trained model behind HTTP, and a page to try it."""

from seqvision import extras


def check_installed(*, ray: bool = False) -> None:
    """Check that what a server needs is there.

    Raises:
        SeqvisionError: it is not; with the line that installs it.
    """
    extra, needed = "serve", ["fastapi", "uvicorn", "python_multipart"]
    if ray:
        extra, needed = "serve-ray", [*needed, "ray", "aiohttp"]
    extras.check_installed("serve", needed, extra)
