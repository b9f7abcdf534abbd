"""The progress of a sweep: one bar for all of it, and one for each run that is under way."""

import threading
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from seqvision.formatting import duration, number, percent
from seqvision.sweep.plan import Job, Planned, seconds_left
from seqvision.sweep.schedule import Listener, Outcome


class SweepProgress(Listener):
    """Shows how a sweep goes; a context manager that stops its bars at the end."""

    def __init__(self, planned: list[Planned], places: int):
        self.to_do = {each.job.run_id: each.seconds for each in planned if not each.done}
        self.finished = len(planned) - len(self.to_do)
        self.total, self.places = len(planned), places
        self.console = Console(stderr=True)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}"),
            console=self.console,
            refresh_per_second=4,
        )
        self.rows: dict[str, Any] = {}
        self.began: dict[str, float] = {}
        self.took: list[float] = []
        self.said: set[str] = set()
        self.lock = threading.Lock()

    def __enter__(self) -> "SweepProgress":
        self.bars.start()
        self.whole = self.bars.add_task("all runs", total=self.total, figures="")
        self._update_whole()
        return self

    def __exit__(self, *_: Any) -> None:
        self.bars.stop()

    def begin(self, job: Job) -> None:
        with self.lock:
            self.began[job.run_id] = time.monotonic()
            self.rows[job.run_id] = self.bars.add_task(
                f"  {job.run_id}", total=None, figures="starting"
            )

    def event(self, job: Job, event: dict[str, Any]) -> None:
        with self.lock:
            row = self.rows[job.run_id]
            kind = event["event"]
            if kind == "start":
                self.bars.update(row, total=event["total_steps"], completed=event["done_steps"])
            elif kind == "step":
                figures = f"loss {number(event['loss'])}  error {percent(event['error'])}"
                self.bars.update(row, completed=event["done_steps"], figures=figures)
                self._update_whole()
            elif kind == "log" and event["message"] not in self.said:
                self.said.add(event["message"])
                style = "yellow" if event["level"] == "WARNING" else None
                said = f"{event['level']}: {event['message']}"
                self.console.print(said, style=style, markup=False, highlight=False)

    def end(self, outcome: Outcome) -> None:
        with self.lock:
            name = outcome.job.run_id
            self.bars.remove_task(self.rows.pop(name))
            seconds = time.monotonic() - self.began.pop(name)
            if outcome.record:
                said = f"{name}: {self.result(outcome.record)}, {duration(seconds)}"
                self.console.print(said, highlight=False)
                self.took.append(seconds)
            elif outcome.status == "failed":
                self.console.print(f"{name}: failed", style="red")
            if outcome.status != "busy":
                self.to_do.pop(name, None)
                self.finished += 1
            self._update_whole()

    def result(self, record: dict[str, Any]) -> str:
        """What is said of a run that ended well."""
        return f"test error {percent(record['metrics']['test_error'])}"

    def _update_whole(self) -> None:
        under_way = sum(self._share(name) for name in self.rows)
        left = self._seconds_left()
        figures = f"{self.finished} of {self.total}"
        figures += f", {duration(left)} left" if left is not None else ""
        self.bars.update(self.whole, completed=self.finished + under_way, figures=figures)

    def _share(self, name: str) -> float:
        """How much of a run under way is done, from 0 to 1."""
        task = next(task for task in self.bars.tasks if task.id == self.rows[name])
        return task.completed / task.total if task.total else 0.0

    def _seconds_left(self) -> float | None:
        """Estimated from how long such runs took and how far those under way have come."""
        others = [*self.took]
        for name, began in self.began.items():
            if (share := self._share(name)) > 0.05:
                others.append((time.monotonic() - began) / share)
        runs = [
            (seconds, 1 - (self._share(name) if name in self.rows else 0))
            for name, seconds in self.to_do.items()
        ]
        return seconds_left(runs, self.places, others)
