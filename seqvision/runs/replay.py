"""Tells loggers of runs that have ended, by the runs' files, as if they had listened."""

import csv
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqvision.errors import DataError, SeqvisionError
from seqvision.loggers.base import Logger, Point, Run, seconds
from seqvision.loggers.chosen import Spec, build_logger, prepare, said
from seqvision.runs.history import read_history
from seqvision.runs.record import RunRecord, read_record
from seqvision.runs.scalars import in_order
from seqvision.specs import name_and_options

log = logging.getLogger("seqvision")


def log_all(results: Path, loggers: Iterable[Spec]) -> list[dict[str, Any]]:
    """Log every run of a results folder that has ended, once; damaged ones with a warning not.

    Returns:
        What was done, for each logger: its name, as `logger`; how many runs are `logged` now, and
        how many were `there` before; and `where` they are.

    Raises:
        SeqvisionError: there is no record, or a logger fails.
    """
    folders = sorted(path.parent for path in results.glob("*/*/record.json"))
    if not folders:
        raise SeqvisionError(f"{results}: no records; a run's is <name>/<config hash>-s<seed>/")
    done = []
    for spec in loggers:
        prepare([spec], results)
        logger, (name, _) = build_logger(spec, results), name_and_options(spec)
        new = there = 0
        for folder in folders:
            try:
                is_new = log_record(logger, folder)
            except DataError as error:
                log.warning("%s", error)
                continue
            except Exception as error:
                raise SeqvisionError(f"logger {name}: {folder}: {said(error)}") from None
            new, there = new + is_new, there + (not is_new)
        done.append({"logger": name, "logged": new, "there": there, "where": logger.where})
    return done


def log_record(logger: Logger, folder: Path) -> bool:
    """Log the run in a folder, unless it was logged before; return whether it is logged now.

    The curves are those that the folder holds: a failed run has none, a published one may have left
    them out.

    Raises:
        DataError: the record or a table is damaged.
    """
    with _told(folder):
        record = read_record(folder)
        if record is None:
            raise ValueError("it cannot be read")
        keys = ("run_id", "name", "seed", "config")
        run_id, name, seed, config = (record[key] for key in keys)
        run = Run(run_id, name, seed, folder, config, record["timing"]["started"])
    if logger.has(run):
        return False
    with _told(folder):
        points = _points(record)
    logger.begin(run)
    logger.log(points)
    logger.end(record)
    return True


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say of which run a record or a table is damaged."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OSError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise DataError(f"{folder}: damaged record: {what}") from None


def _points(record: RunRecord) -> list[Point]:
    folder = record.folder
    try:
        history = read_history(folder)
    except FileNotFoundError:
        history = []
    steps, tests = (_numbers(folder / name) for name in ("steps.csv", "tests.csv"))
    per_epoch = -(-record["dataset"]["train"] // record["config"]["train"]["batch_size"])
    ended = seconds(record["timing"]["ended"])
    found = in_order(steps, history, tests, per_epoch)
    return [Point(step, ended, values) for step, values in found if values]


def _numbers(path: Path) -> list[list[float]]:
    """The rows of a table of numbers; none if there is no such file."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            _, *rows = csv.reader(file)
    except FileNotFoundError:
        return []
    return [[float(cell) for cell in row] for row in rows]
