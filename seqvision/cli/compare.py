"""`seqvision compare`: records become a table with its uncertainty."""

import io
from pathlib import Path
from typing import Any

import click

from seqvision.errors import SeqvisionError

_FORMATS = ("table", "csv", "md", "latex", "json", "parquet")


@click.command(name="compare")
@click.argument("results", type=click.Path(path_type=Path), default=Path("results"))
@click.option("--by", default="name", show_default=True, help="Columns that make a row: a,b.")
@click.option("--baseline", help="The row, by its columns or its name, to hold others against.")
@click.option("--metric", default="test_error", show_default=True, help="What is compared.")
@click.option("--target", type=float, help="Say the seconds to this validation accuracy: 0.98.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="[default: table, or as -o]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    results: Path,
    by: str,
    baseline: str | None,
    metric: str,
    target: float | None,
    form: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Compare runs: means over seeds with 95 % intervals, cost and speed.

    RESULTS is the folder that holds them (results). With a baseline also paired differences, a
    bootstrap over seeds and test images, McNemar's and Cochran's tests, corrected after Holm. Runs
    on different data are not ranked together.

    \b
    seqvision compare results
    seqvision compare results --by model.scan,model.cell --baseline rows,gru
    seqvision compare results --baseline gru3 --target 0.98 -o table.md
    """
    from rich.console import Console

    from seqvision.comparison.formats import SUFFIXES
    from seqvision.comparison.records import load_records
    from seqvision.comparison.table import compare

    suffix = output.suffix.lower() if output else ""
    form = "json" if as_json else form or SUFFIXES.get(suffix, "table")
    if form == "parquet" and not output:
        raise SeqvisionError("--format parquet: is no text; name a file with -o")
    columns = [column.strip() for column in by.split(",") if column.strip()]
    comparison = compare(load_records(results), columns, baseline, metric, target)
    if output:
        _write(comparison, form, output)
        click.echo(f"wrote {output}", err=True)
    elif form == "table":
        _print(comparison, Console())
    else:
        click.echo(_text(comparison, form), nl=False)


def _text(comparison: Any, form: str) -> str:
    from rich.console import Console

    from seqvision.comparison import formats

    if form != "table":
        return getattr(formats, f"as_{form}")(comparison)
    text = io.StringIO()
    _print(comparison, Console(file=text, color_system=None))
    return text.getvalue()


def _write(comparison: Any, form: str, path: Path) -> None:
    from seqvision.comparison.formats import write_parquet
    from seqvision.runs.files import write_atomically

    def write(temporary: Path) -> None:
        if form == "parquet":
            write_parquet(comparison, temporary)
        else:
            temporary.write_text(_text(comparison, form), encoding="utf-8")

    try:
        write_atomically(path, write)
    except OSError as error:
        raise SeqvisionError(f"{path}: cannot be written: {error.strerror}") from None


def _print(comparison: Any, console: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    from seqvision.comparison.readable import readable

    by = comparison.attrs["by"]
    for part in readable(comparison):
        console.print(Text(part.title, style="bold"))
        for columns in _fitting(part.table, by, console.width):
            table = Table(box=None, header_style="bold", pad_edge=False)
            for title in columns:
                table.add_column(Text(title), justify="left" if title in by else "right")
            for row in part.table[columns].to_numpy():
                table.add_row(*map(Text, row))
            console.print(table)
        for note in part.notes:
            console.print(Text(note, style="italic"))
        console.print()
    for sentence in comparison.attrs["caption"]:
        console.print(Text(sentence, style="dim"))


def _fitting(table: Any, by: list[str], width: int) -> list[list[str]]:
    """The columns, cut into tables that fit the screen; each begins with those of `by`."""
    wide = {title: 2 + max(map(len, [title, *table[title]])) for title in table.columns}
    room = width + 2 - sum(wide[title] for title in by)
    cuts: list[list[str]] = [[]]
    for title in (title for title in table.columns if title not in by):
        if cuts[-1] and sum(wide[t] for t in [*cuts[-1], title]) > room:
            cuts.append([])
        cuts[-1].append(title)
    return [[*by, *titles] for titles in cuts]
