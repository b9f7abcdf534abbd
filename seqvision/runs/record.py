"""The record of a run: one folder, complete exactly when its record.json is there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqvision.config.schema import Config
from seqvision.formatting import count, duration, percent


class RunRecord(dict[str, Any]):
    """What a run's record.json holds, as a dictionary, and the folder that it lies in.

    The keys: `run_id`, `name`, `seed`, `status` (`finished`, `failed` or `untested`), `error` of
    one that failed, `config_hash`, `config`, `dataset`, `metrics`, `timing`, `model`,
    `environment`; and `callbacks`, the classes of the user's own callbacks if there were any: a run
    of the same config and seed does not repeat what they did.

    Attributes:
        folder: it holds history.csv, model.keras and the other files of the run.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> record["metrics"]["test_accuracy"] > 0.7
        True
        >>> (record.folder / "model.keras").exists()
        True
    """

    def __init__(self, folder: str | Path, values: Mapping[str, Any]):
        super().__init__(values)
        self.folder = Path(folder)

    def __repr__(self) -> str:
        metrics, timing = self.get("metrics", {}), self.get("timing", {})
        says = [self["error"]] if self.get("error") else []
        for name in ("test_accuracy", "test_error"):
            if metrics.get(name) is not None:
                says.append(f"{name.replace('_', ' ')} {percent(metrics[name])}")
        if parameters := self.get("model", {}).get("parameters"):
            says.append(f"{count(parameters)} parameters")
        if timing.get("train_seconds") is not None:
            says.append(f"trained in {duration(timing['train_seconds'])}")
        if self.get("callbacks"):
            says.append(f"with {', '.join(self['callbacks'])}")
        run = f"{self.get('name')}, seed {self.get('seed')}, {self.get('status')}"
        return f"<RunRecord {run}: {', '.join([*says, f'in {self.folder}'])}>"


def run_id(config: Config, seed: int) -> str:
    """`name/hash-sSEED`: also the path of a run's folder within the results."""
    return f"{config.name}/{config.hash}-s{seed}"


def read_record(folder: Path) -> RunRecord | None:
    """The record of a folder; None when there is none or it cannot be read."""
    try:
        record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return RunRecord(folder, record) if isinstance(record, dict) and "status" in record else None


def ended_well(folder: Path, *, test: bool) -> RunRecord | None:
    """The record of a run that ended well; with `test`, only if it holds test metrics."""
    record = read_record(folder)
    wanted = ("finished",) if test else ("finished", "untested")
    return record if record and record["status"] in wanted else None
