"""The progress bar of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from seqvision.formatting import count, duration, number, percent
from seqvision.runs.progress import Progress
from seqvision.runs.record import RunRecord


@contextmanager
def progress_bar(silent: bool) -> Iterator["ProgressBar | None"]:
    """A bar on stderr or in a notebook, stopped at the end; None if `silent`."""
    bar = None if silent else ProgressBar(Console(stderr=True))
    try:
        yield bar
    finally:
        if bar:
            bar.close()


class ProgressBar(Progress):
    """Shows steps, loss, error rate and time left, and a line an epoch, of runs in turn."""

    def __init__(self, console: Console):
        self.console = console
        self.bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            _TimeLeft(),
            console=console,
            refresh_per_second=4,
        )

    def start(self, title: str, total_steps: int, done_steps: int) -> None:
        self.console.print(f"[bold]{title}[/bold]", highlight=False)
        if done_steps:
            self.console.print(f"  goes on after step {count(done_steps)} of {count(total_steps)}")
        self.bars.start()
        self.task = self.bars.add_task(
            "  training", total=total_steps, completed=done_steps, figures=""
        )

    def step(self, done_steps: int, loss: float, error: float) -> None:
        figures = f"loss {number(loss)}  error {percent(error)}"
        self.bars.update(self.task, completed=done_steps, figures=figures)

    def test(self, epoch: int, step: int, error: float) -> None:
        self.console.print(f"  epoch {epoch}, step {count(step)}: test error {percent(error)}")

    def epoch(self, row: dict[str, Any]) -> None:
        validation = ""
        if "val_error" in row:
            validation = f", validation {_in_words(row['val_loss'], row['val_error'])}"
        self.console.print(
            f"  epoch {row['epoch']}: {_in_words(row['loss'], row['error_rate'])}{validation}, "
            f"{duration(row['seconds'])}"
        )

    def end(self, record: RunRecord) -> None:
        self.close()
        self.bars.remove_task(self.task)  # The next run's bar stands alone.

    def close(self) -> None:
        """Remove the bar, if it was shown."""
        if self.bars.live.is_started:  # Stopping it prints a line.
            self.bars.stop()


class _TimeLeft(ProgressColumn):
    """How much longer it will take."""

    max_refresh = 0.5  # seconds

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text("" if left is None else f"{duration(left)} left")


def _in_words(loss: float, error: float) -> str:
    return f"loss {number(loss)} error {percent(error)}"
