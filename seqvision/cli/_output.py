"""Files that a command writes: each ending a format, whole or not at all."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from seqvision.errors import SeqvisionError
from seqvision.formatting import size
from seqvision.runs.files import check_writable, write_atomically


def write_output(output: Path, formats: Mapping[str, Callable[[], str | bytes]]) -> None:
    """Write a file in the format of its ending, and print its name and size.

    Args:
        formats: for each ending, such as `.html`, the function that makes the content.

    Raises:
        SeqvisionError: another ending, or a place that cannot be written; before anything is made.
    """
    make = formats.get(output.suffix.lower())
    if make is None:
        *others, last = formats
        endings = f"{', '.join(others)} or {last}" if others else last
        raise SeqvisionError(f"{output}: a file's ending says its format: {endings}")
    if output.is_dir():
        raise SeqvisionError(f"{output}: is a folder")
    check_writable(output.parent)
    content = make()
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output, lambda temporary: temporary.write_bytes(data))
    except OSError as error:
        raise SeqvisionError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {output} ({size(len(data))})")
