"""`seqvision predict`: a trained model answers pictures or series."""

import sys
from pathlib import Path
from typing import Any

import click

from seqvision.cli._answers import progress, say_score, write, write_file
from seqvision.cli._terminal import give_up_stdout
from seqvision.errors import RunFailed, SeqvisionError

_FORMATS = ("table", "csv", "jsonl", "parquet")


@click.command(name="predict")
@click.argument("model")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--top", type=click.IntRange(min=1), default=1, help="Name so many classes.")
@click.option("--probabilities", is_flag=True, help="That of each class.")
@click.option("--logits", is_flag=True, help="That of each class, before any temperature.")
@click.option("--steps", is_flag=True, help="After each step read, of a model that is causal.")
@click.option(
    "--temperature",
    default="auto",
    metavar="T|auto|none",
    help="Divide logits by T; auto, the default, is the model's own.",
)
@click.option("--invert", is_flag=True, help="Invert pictures: ink on paper for a model of MNIST.")
@click.option("--auto-invert", is_flag=True, help="Invert those unlike the model's data only.")
@click.option(
    "--labels",
    "--labels-from-folders",
    "labels_from_folders",
    is_flag=True,
    help="Say accuracy and confusion too.",
)
@click.option("--classes", metavar="A,B,C", help="Names, for a model without.")
@click.option("--background", type=click.Choice(["white", "black"]), help="Behind transparency.")
@click.option("--pixels", metavar="BLACK..WHITE", help="In the files, such as 0..4095.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Samples answered at once.  [default: 250]"
)
@click.option("--format", "form", type=click.Choice(_FORMATS), help="[default: table, or as -o]")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress and no remarks.")
def command(
    model: str,
    sources: tuple[str, ...],
    top: int,
    probabilities: bool,
    logits: bool,
    steps: bool,
    temperature: str,
    invert: bool,
    auto_invert: bool,
    labels_from_folders: bool,
    classes: str | None,
    background: Any,
    pixels: str | None,
    batch: int | None,
    form: str | None,
    output: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Have MODEL, a trained one, say what each SOURCE shows.

    MODEL is the folder of a run, a .keras or .onnx file, or the name of trained weights. A SOURCE
    is a file, a folder, a pattern, or - for paths on standard input. Of images: pictures, .npz or
    IDX files. Of series: .csv, .parquet, .npz or .wav files, read as the model's own data; labels
    may be missing. A file that can't be read is a row with its error, and exit code 1 in the end.

    \b
    seqvision predict results/gru3/5c1f2a-s0 pictures/
    seqvision predict model.onnx 'new/*.png' --top 3 -o answers.csv
    seqvision predict model.keras test/ --labels
    seqvision predict results/machines/1a2b3c-s0 today.csv --probabilities
    find . -name '*.png' | seqvision predict model.onnx - --format jsonl
    """
    form = "json" if as_json else _format(form, output)
    if form == "parquet" and output is None:
        raise SeqvisionError("--format parquet: is no text; name a file with -o")
    if invert and auto_invert:
        raise SeqvisionError("--invert, --auto-invert: give one of them")
    if output:
        _check_output(output)
    if quiet:
        import logging

        logging.getLogger("seqvision").setLevel(logging.WARNING)
    from seqvision.data.notes import Notes
    from seqvision.prediction.answerer import BATCH
    from seqvision.prediction.answers import Asked
    from seqvision.prediction.api import answers_of, check

    asked = Asked(
        top,
        probabilities,
        logits,
        steps,
        _temperature(temperature),
        "auto" if auto_invert else invert,
        labels_from_folders,
        _names(classes),
        background,
        pixels,
        batch or BATCH,
    )
    check(asked)
    answers, found = answers_of(model, asked, sources, must_name=not logits)
    on_screen = output is None and sys.stdout.isatty()
    with progress(answers, found, silent=quiet or on_screen) as rows:
        if output:
            write_file(output, form, answers, rows)
        else:
            try:
                write(sys.stdout, form, answers, rows)
            except BrokenPipeError:  # Such as `head`, which has read enough.
                give_up_stdout()
                return
    if output:
        click.echo(f"wrote {output}", err=True)
    if labels_from_folders and form != "json":
        say_score(answers, to_stderr=output is not None or form != "table")
    answers.say(Notes("pictures"))
    if answers.failed:
        from seqvision.formatting import count, counted

        whole = answers.failed + answers.answered
        what = "file" if answers.reader.prepare.kind == "image" else "sample"
        raise RunFailed(f"{count(answers.failed)} of {counted(whole, what)} could not be read")


def _format(form: str | None, output: Path | None) -> str:
    from seqvision.prediction.formats import FORMATS

    if form or not output:
        return form or "table"
    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise SeqvisionError(
            f"{output}: a file's ending says its format: {', '.join(FORMATS)}; or give --format"
        )
    return FORMATS[suffix]


def _check_output(output: Path) -> None:
    from seqvision.runs.files import check_writable

    if output.is_dir():
        raise SeqvisionError(f"{output}: is a folder")
    check_writable(output.parent)


def _temperature(text: str) -> Any:
    if text in ("auto", "none"):
        return None if text == "none" else text
    try:
        return float(text)
    except ValueError:
        raise SeqvisionError(
            f"--temperature: expected a number above 0, auto or none, got {text!r}"
        ) from None


def _names(classes: str | None) -> tuple[str, ...] | None:
    """Names between commas; one with a comma in it is quoted as in CSV."""
    if classes is None:
        return None
    import csv

    names = tuple(name.strip() for name in next(csv.reader([classes], skipinitialspace=True), []))
    if not all(names) or not names:
        raise SeqvisionError(f"--classes: expected names between commas, got {classes!r}")
    return names
