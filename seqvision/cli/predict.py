"""`seqvision predict`: a trained model answers pictures."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import click

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
@click.option("--labels-from-folders", is_flag=True, help="Say accuracy and confusion too.")
@click.option("--classes", metavar="A,B,C", help="Names, for a model without.")
@click.option("--background", type=click.Choice(["white", "black"]), help="Behind transparency.")
@click.option("--pixels", metavar="BLACK..WHITE", help="In the files, such as 0..4095.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Images answered at once.  [default: 250]"
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
    is a picture, a folder of pictures, a pattern, an .npz or IDX file of images, or - for paths on
    standard input. A file that can't be read is a row with its error, and exit code 1 in the end.

    \b
    seqvision predict results/gru3/5c1f2a-s0 pictures/
    seqvision predict model.onnx 'new/*.png' --top 3 -o answers.csv
    seqvision predict model.keras test/ --labels-from-folders
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
    from seqvision.prediction.sources import find

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
    found = find(sources)
    answers = answers_of(model, asked, found, must_name=not logits)
    on_screen = output is None and sys.stdout.isatty()
    with _progress(answers, found, silent=quiet or on_screen) as rows:
        if output:
            _write_file(output, form, answers, rows)
        else:
            try:
                _write(sys.stdout, form, answers, rows)
            except BrokenPipeError:  # Such as `head`, which has read enough.
                give_up_stdout()
                return
    if output:
        click.echo(f"wrote {output}", err=True)
    if labels_from_folders and form != "json":
        _say_score(answers.score, to_stderr=output is not None or form != "table")
    answers.say(Notes("pictures"))
    if answers.failed:
        from seqvision.formatting import count, counted

        whole = answers.failed + answers.answered
        raise RunFailed(f"{count(answers.failed)} of {counted(whole, 'file')} could not be read")


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


def _write_file(output: Path, form: str, answers: Any, rows: Iterator[list[Any]]) -> None:
    from seqvision.runs.files import write_atomically

    def write(temporary: Path) -> None:
        if form == "parquet":
            from seqvision.prediction.formats import write_parquet

            write_parquet(answers.layout, [row for some in rows for row in some], temporary)
            return
        with temporary.open("w", encoding="utf-8", newline="") as file:
            _write(file, form, answers, rows)

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output, write)
    except OSError as error:
        raise SeqvisionError(f"{output}: cannot be written: {error.strerror or error}") from None


def _write(stream: IO[str], form: str, answers: Any, rows: Iterator[list[Any]]) -> None:
    if form == "json":
        import json

        each = [answers.layout.plain(row) for some in rows for row in some]
        score = {"score": answers.score.to_json()} if answers.asked.labels else {}
        stream.write(json.dumps({"answers": each, **score}, indent=1) + "\n")
        return
    from seqvision.prediction.formats import writer

    out = writer(form, answers.layout, stream)
    for some in rows:
        out.write(some)


@contextmanager
def _progress(answers: Any, found: list[Any], *, silent: bool) -> Iterator[Iterator[list[Any]]]:
    """The answers, with a bar on stderr if a person watches it."""
    rows = answers.of(found)
    if silent or not sys.stderr.isatty():
        yield rows
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from seqvision.prediction.image_files import ImageFile
    from seqvision.prediction.sources import Stdin

    known = not any(isinstance(each, (Stdin, ImageFile)) for each in found)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ExitStack() as stack:
        bars = stack.enter_context(
            Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
        )
        task = bars.add_task("", total=len(found) if known else None)

        def counted() -> Iterator[list[Any]]:
            for some in rows:
                bars.update(task, completed=answers.answered + answers.failed)
                yield some

        yield counted()


def _say_score(score: Any, *, to_stderr: bool) -> None:
    from seqvision.formatting import count, counted, percent
    from seqvision.prediction.formats import confusion_lines

    if not score.images:
        click.echo("accuracy: no picture was answered", err=to_stderr)
        return
    low, high = score.interval()
    click.echo(
        f"\naccuracy {percent(score.accuracy)} (95% interval {percent(low)} to {percent(high)}, "
        f"{count(score.right)} of {counted(score.images, 'image')} right)\n",
        err=to_stderr,
    )
    click.echo("\n".join(confusion_lines(*score.confusion())), err=to_stderr)
