"""Finds the shorter run from which a longer one can go on."""

import logging
from pathlib import Path
from typing import Any

from seqvision.config import Config
from seqvision.formatting import counted
from seqvision.import_keras import import_keras
from seqvision.runs.folders import RunFolder, origin_of, runs_of
from seqvision.runs.record import read_record

log = logging.getLogger("seqvision")


def shorter_run(folder: Path, config: Config, seed: int, of: str) -> Path | None:
    """The folder of the longest shorter run whose numbers are those of this run so far.

    It has the same name, seed, data, parent and config, except for `epochs` and `stop_after`. The
    choice is logged, and so is the reason why such a run cannot be used.

    Args:
        folder: that of the run to perform.
        of: its origin, the checksum of its data and parent.
    """
    shorter = []
    for run in runs_of(folder.parent):
        alike = run.seed == seed and _but_for_length(run.config) == _but_for_length(config)
        record = read_record(run.path) if alike and _length(run.config) < _length(config) else None
        if record and origin_of(run.path) == of:
            shorter.append((_length(run.config), run, _hindrance(run, record, config)))
    this = f"{folder.parent.name}/{folder.name}"
    for length, run, hindrance in sorted(shorter, key=lambda each: each[0], reverse=True):
        other = f"{run.path.parent.name}/{run.path.name}"
        if hindrance is None:
            log.info("%s: goes on from %s, after its %s", this, other, counted(length, "epoch"))
            return run.path
        log.info("%s: does not go on from %s: %s", this, other, hindrance)
    return None


def _length(config: Config) -> int:
    """The epochs that a run trains for, if nothing stops it."""
    return min(config.train.epochs, config.train.stop_after or config.train.epochs)


def _but_for_length(config: Config) -> dict[str, Any]:
    content = config.content()
    lengths = ("epochs", "stop_after")
    return content | {"train": {k: v for k, v in content["train"].items() if k not in lengths}}


def _hindrance(run: RunFolder, record: dict[str, Any], config: Config) -> str | None:
    """Why a longer run cannot go on from a shorter one; None if it can."""
    shorter, longer = run.config.train, config.train
    if record["status"] not in ("finished", "untested"):
        return f"it {record['status']}"
    if others := record.get("callbacks"):
        return f"it had callbacks of the user's own, {', '.join(others)}"
    backend = record.get("environment", {}).get("backend")
    if backend != import_keras().backend.backend():
        return f"it ran on the backend {backend}"
    if longer.schedule and shorter.epochs != longer.epochs:
        return f"its learning rate was scheduled for {shorter.epochs} epochs, not {longer.epochs}"
    if stopped := record["metrics"].get("stopped"):
        return f"it ended early: {stopped}"
    if longer.test_every and shorter.test_every != longer.test_every:
        return f"it did not measure the test error every {longer.test_every} steps"
    if not (run.path / "checkpoint.npz").exists():
        return "it kept no checkpoint"
    return None
