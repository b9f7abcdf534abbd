"""Files that a command writes: each ending a format, whole or not at all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


def named_files(published: tuple[str, ...]) -> dict[str, str]:
    """The files of a `--published NAME=FILE` that may be given several times, by name.

    Raises:
        SeqvisionError: one is no such pair, or a name is given twice.
    """
    files: dict[str, str] = {}
    for each in published:
        name, equals, file = each.partition("=")
        if not (equals and name.strip() and file.strip()):
            raise SeqvisionError(f"--published {each}: expected NAME=FILE")
        if files.setdefault(name.strip(), file.strip()) != file.strip():
            raise SeqvisionError(f"--published {each}: {name.strip()!r} is there twice")
    return files


def chart_formats(chart: Callable[[], Any]) -> dict[str, Callable[[], str | bytes]]:
    """For each ending of a chart's file, the function that makes the content of an Altair chart."""
    return {
        ".png": lambda: _drawn(chart(), "png"),
        ".svg": lambda: _drawn(chart(), "svg"),
        ".html": lambda: _page(chart()),
    }


def _page(chart: Any) -> str:
    from seqvision.comparison.charts.html import chart_page

    return chart_page(chart)


def _drawn(chart: Any, form: str) -> str | bytes:
    """The chart as a file's content, on white."""
    import io

    file = io.BytesIO() if form == "png" else io.StringIO()
    chart.properties(background="white").save(file, format=form, scale_factor=2)
    return file.getvalue()
