"""A bar for what a person waits for besides training, such as a download."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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


@contextmanager
def bar(
    title: str, total: int, said: str, *, octets: bool = False
) -> Iterator[Callable[[int], object]]:
    """Show how far something is: a bar on stderr if a person looks at it, else a line of log.

    It yields the function to call with how many more are done.

    Args:
        said: the line.
        octets: whether bytes are counted.
    """
    if not sys.stderr.isatty() or not _drawn.get():
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
