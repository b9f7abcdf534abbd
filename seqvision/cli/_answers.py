"""Writes answers of `seqvision predict` to the screen or a file, with progress and accuracy."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from seqvision.errors import SeqvisionError

if TYPE_CHECKING:
    from seqvision.prediction.answers import Answers
    from seqvision.prediction.scores import Score
    from seqvision.prediction.sources import Found


def write_file(output: Path, form: str, answers: "Answers", rows: Iterator[list[Any]]) -> None:
    """Write the answers to a file, whole or not at all.

    Raises:
        SeqvisionError: it cannot be written.
    """
    from seqvision.runs.files import write_atomically

    def filled(temporary: Path) -> None:
        if form == "parquet":
            from seqvision.prediction.formats import write_parquet

            write_parquet(answers.layout, [row for some in rows for row in some], temporary)
            return
        with temporary.open("w", encoding="utf-8", newline="") as file:
            write(file, form, answers, rows)

    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(output, filled)
    except OSError as error:
        raise SeqvisionError(f"{output}: cannot be written: {error.strerror or error}") from None


def write(stream: IO[str], form: str, answers: "Answers", rows: Iterator[list[Any]]) -> None:
    """Write the answers to a text stream, batch by batch if the format allows it."""
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
def progress(
    answers: "Answers", found: "list[Found]", *, silent: bool
) -> Iterator[Iterator[list[Any]]]:
    """The answers, with a bar on stderr if a person watches it."""
    rows = answers.of(found)
    if silent or not sys.stderr.isatty():
        yield rows
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from seqvision.prediction.sources import SampleFile

    known = all(isinstance(each, SampleFile) for each in found)
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


def say_score(answers: "Answers", *, to_stderr: bool) -> None:
    """The accuracy with its interval, and the confusion table."""
    from seqvision.formatting import count, counted, percent
    from seqvision.prediction.formats import confusion_lines

    score: Score = answers.score
    of_images = answers.reader.prepare.kind == "image"
    if not score.images:
        click.echo(
            f"accuracy: no {'picture' if of_images else 'series'} was answered", err=to_stderr
        )
        return
    low, high = score.interval()
    answered = counted(score.images, "image") if of_images else f"{count(score.images)} series"
    click.echo(
        f"\naccuracy {percent(score.accuracy)} (95% interval {percent(low)} to {percent(high)}, "
        f"{count(score.right)} of {answered} right)\n",
        err=to_stderr,
    )
    click.echo("\n".join(confusion_lines(*score.confusion())), err=to_stderr)
