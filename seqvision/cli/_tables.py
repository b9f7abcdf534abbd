"""Tables of a plan and of finished runs, for a person at a terminal."""

import json
from typing import TYPE_CHECKING, Any

import click

from seqvision.formatting import NONE, counted, duration, percent, rate

if TYPE_CHECKING:
    from seqvision.runs.record import RunRecord


def show_plan(planned: list[Any], places: int, *, as_json: bool = False) -> None:
    """Show each run's state and how long such runs took: on stderr, or as JSON on stdout."""
    if as_json:
        rows = [{"run_id": p.job.run_id, "status": p.status, "seconds": p.seconds} for p in planned]
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console

    table = _table("run", "state", "time")
    for each in planned:
        took = duration(each.seconds) if each.seconds else NONE
        table.add_row(each.job.run_id, each.status, took)
    console = Console(stderr=True)
    console.print(table)
    console.print(in_words(planned, places), highlight=False)


def in_words(planned: list[Any], places: int) -> str:
    """`6 runs: 2 finished, 4 to do; about 3 min, 2 side by side`."""
    from seqvision.sweep.plan import seconds_left

    to_do = [each for each in planned if not each.done]
    left = seconds_left([(each.seconds, 1.0) for each in to_do], places)
    words = (
        f"{counted(len(planned), 'run')}: {len(planned) - len(to_do)} finished, {len(to_do)} to do"
    )
    words += "" if left is None else f"; about {duration(left)}"
    return words + (f", {places} side by side" if places > 1 else "")


def show_records(records: "list[RunRecord]") -> None:
    """The figures of finished runs, and where their records are."""
    if not records:
        return
    from rich.console import Console

    table = _table("run", "data", "test accuracy", "test error", "samples/s", "training")
    for record in records:
        metrics, timing = record["metrics"], record["timing"]
        speed = timing["train_images_per_second"]
        table.add_row(
            record["run_id"],
            record["dataset"]["name"],
            percent(metrics["test_accuracy"]),
            percent(metrics["test_error"]),
            rate(speed) if speed else NONE,
            duration(timing["train_seconds"]),
        )
    Console().print(table)
    for record in records:
        click.echo(f"record: {record.folder / 'record.json'}")


def _table(*titles: str) -> Any:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        words = title in ("run", "data", "state")
        justify = "left" if words else "right"
        table.add_column(title, justify=justify, overflow="fold")
    return table
