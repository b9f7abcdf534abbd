"""`seqvision publish`: a page of results, for others to read and to repeat."""

from pathlib import Path

import click


@click.command(name="publish")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--notes", type=click.Path(path_type=Path), help="Questions and others' figures.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def command(results: Path, notes: Path | None, output: Path | None) -> None:
    """Write a Markdown page of the records in RESULTS, each row with the command that repeats it.

    NOTES is YAML: `questions` that pairs of models answer, such as {ask: GRU or LSTM?, pairs:
    [[lstm3, gru3]]}, and `others`, published elsewhere: {dataset, what, error, source}.

    \b
    seqvision publish results/published
    seqvision publish results/published --notes results/notes.yaml -o results/README.md
    """
    from seqvision.cli._output import write_output
    from seqvision.comparison.publish import page
    from seqvision.comparison.records import load_records
    from seqvision.comparison.remarks import Notes, read_notes

    remarks = read_notes(notes) if notes else Notes()
    words = ["seqvision publish", str(results)]
    words += ["--notes", str(notes)] if notes else []
    words += ["-o", str(output)] if output else []

    def text() -> str:
        return page(load_records(results), remarks, " ".join(words))

    if output is None:
        click.echo(text(), nl=False)
    else:
        write_output(output, {".md": text})
