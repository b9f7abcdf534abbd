"""A bar for what a person waits for besides training, such as a download."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec

log = logging.getLogger("seqvision")

_drawn: ContextVar[bool] = ContextVar("drawn", default=True)


@contextmanager
def no_bars() -> Iterator[None]:
    """Within it nothing is drawn, and the lines of log stay."""
    before = _drawn.set(False)
    try:
        yield
    finally:
        _drawn.reset(before)


def is_watched() -> bool:
    """Whether a person sees what is drawn: at a terminal, or in a notebook that can draw it."""
    return _drawn.get() and (sys.stderr.isatty() or _is_notebook())


def _is_notebook() -> bool:
    if "IPython" not in sys.modules or find_spec("ipywidgets") is None:
        return False
    from rich.console import Console

    return Console().is_jupyter


@contextmanager
def bar(
    title: str, total: int, said: str, *, octets: bool = False
) -> Iterator[Callable[[int], object]]:
    """Show how far something is: a bar if a person looks, else a line of log.

    It yields the function to call with how many more are done.

    Args:
        said: the line.
        octets: whether bytes are counted.
    """
    if not is_watched():
        log.info("%s", said)
        yield lambda more: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    counted = DownloadColumn() if octets else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), counted)
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(title, total=total)
        yield lambda more: drawn.advance(task, more)
