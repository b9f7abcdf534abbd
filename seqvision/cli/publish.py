"""`seqvision publish`: a page of results, for others to read and to repeat."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


@click.command(name="publish")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--notes", type=click.Path(path_type=Path), help="Questions and others' figures.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def command(results: Path, notes: Path | None, output: Path | None) -> None:
    """Write a Markdown page of the records in RESULTS, each row with the command that repeats it.

    Runs on resamples, or on several sets of the archive, make one page over all datasets:
    accuracies on the original split and, apart from them, over resamples, ranks over the datasets,
    and beside OUTPUT an SVG of the critical-difference diagram. What `seqvision bench -o` wrote
    makes a page of speeds.

    NOTES is YAML: `questions` that pairs of models answer, such as {ask: GRU or LSTM?, pairs:
    [[lstm3, gru3]]}, `others`, published elsewhere: {dataset, what, error, source}, or accuracy in
    place of error, and `crossed`, tables of mean errors by two columns: {title: Orders, rows:
    model.cell, columns: model.scan}. Of speeds it is `remarks`, and `rows` in their order: {title,
    command}.

    \b
    seqvision publish results/published
    seqvision publish results/published --notes results/notes.yaml -o results/README.md
    seqvision publish results/published/bench -o results/speed.md
    """
    from functools import cache

    from seqvision.bench.record import read_records
    from seqvision.cli._output import chart_formats, write_output

    words = ["seqvision publish", str(results)]
    words += ["--notes", str(notes)] if notes else []
    words += ["-o", str(output)] if output else []
    speeds = read_records(results)
    command = " ".join(words)
    made = cache(
        _speeds(speeds, notes, command)
        if speeds
        else _runs(results, notes, command, output and output.stem)
    )
    if output is None:
        click.echo(made().text, nl=False)
        return
    write_output(output, {".md": lambda: made().text})
    for name, chart in made().figures.items():
        write_output(output.with_name(name), chart_formats(lambda chart=chart: chart))


def _speeds(records: list[dict[str, Any]], notes: Path | None, command: str) -> Callable[[], Any]:
    from seqvision.bench.page import SpeedNotes, page, read_speed_notes
    from seqvision.comparison.publish import Page

    remarks = read_speed_notes(notes) if notes else SpeedNotes()
    return lambda: Page(page(records, remarks, command), {})


def _runs(results: Path, notes: Path | None, command: str, stem: str | None) -> Callable[[], Any]:
    from seqvision.comparison.publish import page
    from seqvision.comparison.records import load_records
    from seqvision.comparison.remarks import Notes, read_notes

    # First: of a folder without any it is not known which notes fit.
    records = load_records(results)
    remarks = read_notes(notes) if notes else Notes()
    return lambda: page(records, remarks, command, stem)
