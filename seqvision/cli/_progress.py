"""The progress bar of a run, for a person at a terminal."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from seqvision.formatting import count, duration, number, percent
from seqvision.runs.progress import Progress


class ProgressBar(Progress):
    """Shows steps, loss, error rate and time left on stderr, and a line an epoch."""

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
        if "val_error_rate" in row:
            validation = f", validation {_loss_and_error(row, 'val_')}"
        self.console.print(
            f"  epoch {row['epoch']}: {_loss_and_error(row)}{validation}, "
            f"{duration(row['seconds'])}"
        )

    def end(self, record: dict[str, Any]) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar off the screen, if it was ever on it."""
        if self.bars.live.is_started:  # Stopping it prints a line.
            self.bars.stop()


class _TimeLeft(ProgressColumn):
    """How much longer it will take."""

    max_refresh = 0.5  # seconds

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text("" if left is None else f"{duration(left)} left")


def _loss_and_error(row: dict[str, Any], prefix: str = "") -> str:
    loss, error = row[f"{prefix}loss"], row[f"{prefix}error_rate"]
    return f"loss {number(loss)} error {percent(error)}"
