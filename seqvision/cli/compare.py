"""`seqvision compare`: records become a table with its uncertainty."""

import io
from pathlib import Path
from typing import Any

import click

from seqvision.errors import SeqvisionError

_FORMATS = ("table", "csv", "md", "latex", "json", "parquet")
_DRAWN = (".svg", ".png", ".html")


@click.command(name="compare")
@click.argument("results", type=click.Path(path_type=Path), default=Path("results"))
@click.option("--by", default="name", show_default=True, help="Columns that make a row: a,b.")
@click.option("--baseline", help="The row, by its columns or its name, to hold others against.")
@click.option("--metric", default="test_error", show_default=True, help="What is compared.")
@click.option("--target", type=float, help="Say the seconds to this validation accuracy: 0.98.")
@click.option("--across", "is_across", is_flag=True, help="Rank the rows over all datasets.")
@click.option("--split", help="With --across: original, resamples, redrawn or folds.")
@click.option("--test", help="With --across: nemenyi (the default) or wilcoxon.")
@click.option(
    "--published",
    multiple=True,
    metavar="NAME=FILE",
    help="With --across: others' results, a CSV of datasets and resamples.",
)
@click.option("--format", "form", type=click.Choice(_FORMATS), help="[default: table, or as -o]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    results: Path,
    by: str,
    baseline: str | None,
    metric: str,
    target: float | None,
    is_across: bool,
    split: str | None,
    test: str | None,
    published: tuple[str, ...],
    form: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Compare runs: means over seeds with 95 % intervals, cost and speed.

    RESULTS is the folder that holds them (results). With a baseline also paired differences, a
    bootstrap over seeds and test images, McNemar's and Cochran's tests, corrected after Holm. Runs
    on different data are not ranked together.

    With --across they are: mean ranks over datasets, wins, ties and losses, Friedman's test, and
    Nemenyi's or Wilcoxon's with Holm's correction (Demšar 2006). -o ranks.svg draws the
    critical-difference diagram. FILE is tsml-eval's: a line for each dataset, its accuracy on
    resamples 0, 1, …, named in the first line. Resample 0 is the original split; --split redrawn
    leaves it out.

    \b
    seqvision compare results
    seqvision compare results --by model.scan,model.cell --baseline rows,gru
    seqvision compare results --baseline gru3 --target 0.98 -o table.md
    seqvision compare results --across --published HC2=HC2_accuracy.csv
    """
    from seqvision.comparison import formats
    from seqvision.comparison.records import load_records

    suffix = output.suffix.lower() if output else ""
    form = "json" if as_json else form or formats.SUFFIXES.get(suffix, "table")
    if form == "parquet" and not output:
        raise SeqvisionError("--format parquet: is no text; name a file with -o")
    columns = [column.strip() for column in by.split(",") if column.strip()]
    own = {"--baseline": baseline, "--target": target}
    of_across = {"--split": split, "--test": test, "--published": published}
    for option, value in (own if is_across else of_across).items():
        if value not in (None, ()):
            raise SeqvisionError(f"{option}: is {'not ' if is_across else ''}for --across")
    if is_across:
        from seqvision.cli._output import named_files
        from seqvision.comparison.across import across, formats

        files = named_files(published)
        comparison = across(load_records(results), columns, metric, split, files, test or "nemenyi")
        if output and suffix in _DRAWN:
            _draw(comparison, output)
            return
    else:
        from seqvision.comparison.table import compare

        comparison = compare(load_records(results), columns, baseline, metric, target)
    if output:
        _write(comparison, formats, form, output)
        click.echo(f"wrote {output}", err=True)
    elif form == "table":
        from rich.console import Console

        _print(formats.parts(comparison), formats.caption(comparison), Console())
    else:
        click.echo(_text(comparison, formats, form), nl=False)


def _draw(comparison: Any, output: Path) -> None:
    from seqvision.cli._output import chart_formats, write_output
    from seqvision.comparison.charts.across import ACROSS_CHARTS

    draw = ACROSS_CHARTS.get("critical_difference")
    write_output(output, chart_formats(lambda: draw(comparison)))


def _text(comparison: Any, formats: Any, form: str) -> str:
    from rich.console import Console

    if form != "table":
        return getattr(formats, f"as_{form}")(comparison)
    text = io.StringIO()
    console = Console(file=text, color_system=None)
    _print(formats.parts(comparison), formats.caption(comparison), console)
    return text.getvalue()


def _write(comparison: Any, formats: Any, form: str, path: Path) -> None:
    from seqvision.runs.files import write_atomically

    def write(temporary: Path) -> None:
        if form == "parquet":
            formats.write_parquet(comparison, temporary)
        else:
            temporary.write_text(_text(comparison, formats, form), encoding="utf-8")

    try:
        write_atomically(path, write)
    except OSError as error:
        raise SeqvisionError(f"{path}: cannot be written: {error.strerror}") from None


def _print(parts: list[Any], caption: list[str], console: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    for part in parts:
        console.print(Text(part.title, style="bold"))
        for columns in _fitting(part.table, part.named_by, console.width):
            table = Table(box=None, header_style="bold", pad_edge=False)
            for title in columns:
                named = title in part.named_by
                table.add_column(Text(title), justify="left" if named else "right")
            for row in part.table[columns].to_numpy():
                table.add_row(*map(Text, row))
            console.print(table)
        for note in part.notes:
            console.print(Text(note, style="italic"))
        console.print()
    for sentence in caption:
        console.print(Text(sentence, style="dim"))


def _fitting(table: Any, names: list[str], width: int) -> list[list[str]]:
    """The columns, cut into tables that fit the screen; each begins with those of `names`."""
    wide = {title: 2 + max(map(len, [title, *table[title]])) for title in table.columns}
    room = width + 2 - sum(wide[title] for title in names)
    cuts: list[list[str]] = [[]]
    for title in (title for title in table.columns if title not in names):
        if cuts[-1] and sum(wide[t] for t in [*cuts[-1], title]) > room:
            cuts.append([])
        cuts[-1].append(title)
    return [[*names, *titles] for titles in cuts]
