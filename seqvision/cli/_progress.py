"""The progress bar of a run, for a person at a terminal."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

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
            TimeRemainingColumn(),
            console=console,
            refresh_per_second=4,
        )

    def start(self, title: str, total_steps: int, done_steps: int) -> None:
        self.console.print(f"[bold]{title}[/bold]", highlight=False)
        if done_steps:
            self.console.print(f"  goes on after step {done_steps:,} of {total_steps:,}")
        self.bars.start()
        self.task = self.bars.add_task(
            "  training", total=total_steps, completed=done_steps, figures=""
        )

    def step(self, done_steps: int, loss: float, error: float) -> None:
        figures = f"loss {loss:.3f}  error {error:.2%}"
        self.bars.update(self.task, completed=done_steps, figures=figures)

    def test(self, epoch: int, step: int, error: float) -> None:
        self.console.print(f"  epoch {epoch}, step {step:,}: test error {error:.2%}")

    def epoch(self, row: dict[str, Any]) -> None:
        validation = ""
        if "val_error_rate" in row:
            validation = (
                f", validation loss {row['val_loss']:.4f} error {row['val_error_rate']:.2%}"
            )
        self.console.print(
            f"  epoch {row['epoch']}: loss {row['loss']:.4f} error {row['error_rate']:.2%}"
            f"{validation}, {row['seconds']:.1f} s"
        )

    def end(self, record: dict[str, Any]) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar off the screen."""
        self.bars.stop()
