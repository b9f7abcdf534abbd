"""Where each number comes from: configs beside a reference config, environments and runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.runs.record import RunRecord, read_record

_NOT_PART_OF_A_RUN = ("name", "description", "tune", "train.seeds")


@dataclass(frozen=True)
class Line:
    """One value of a config, as YAML would write it."""

    key: str
    value: str
    reference: str | None
    """The reference config's value where it differs, `–` where it has none; else None."""


@dataclass(frozen=True)
class Run:
    """What the report says of one run; None where its record does not say."""

    run_id: str
    seed: int
    test_error: float
    epochs: int | None
    stopped: str | None
    seconds: float | None
    started: str
    data: str
    checksum: str
    parent: dict[str, Any] | None
    """Of the weights that it began with: `name`, `sha256`, `dataset`, `fresh`."""
    environment: int
    """The number of its environment, from 1."""


@dataclass(frozen=True)
class Origin:
    """A model's config and its runs."""

    model: str
    description: str
    config_hash: str
    is_reference: bool
    lines: list[Line]
    runs: list[Run]

    @property
    def differences(self) -> list[Line]:
        return [line for line in self.lines if line.reference is not None]


@dataclass
class Provenance:
    """The origins of all runs of a chapter, and the environments to which they refer by number."""

    reference: str
    origins: list[Origin] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)


def provenance(runs: pd.DataFrame, reference: str) -> Provenance:
    """Collect configs, environments and runs.

    Args:
        runs: rows of `load_records` with a column `model`, in the order to show them.
        reference: the model with whose config the others are compared.
    """
    found = Provenance(reference)
    records = {model: _records(own) for model, own in runs.groupby("model", sort=False)}
    base = _flat(records[reference][0]["config"])
    for model, own in records.items():
        config = own[0]["config"]
        found.origins.append(
            Origin(
                str(model),
                str(config.get("description") or ""),
                str(own[0].get("config_hash", "")),
                model == reference,
                list(_lines(_flat(config), base)),
                [_run(record, found.environments) for record in own],
            )
        )
    return found


def _records(runs: pd.DataFrame) -> list[RunRecord]:
    return [record for folder in runs["folder"] if (record := read_record(Path(folder)))]


def _run(record: dict[str, Any], environments: list[dict[str, str]]) -> Run:
    environment = {key: _text(value) for key, value in record["environment"].items()}
    if environment not in environments:
        environments.append(environment)
    metrics, timing = record["metrics"], record["timing"]
    return Run(
        run_id=record["run_id"],
        seed=record["seed"],
        test_error=metrics["test_error"],
        epochs=metrics.get("epochs"),
        stopped=metrics.get("stopped"),
        seconds=timing.get("train_seconds"),
        started=str(timing.get("started") or "")[:16].replace("T", " "),
        data=record["dataset"]["name"],
        checksum=record["dataset"]["checksum"],
        parent=record.get("model", {}).get("parent"),
        environment=environments.index(environment) + 1,
    )


def _lines(config: dict[str, str], base: dict[str, str]) -> Iterator[Line]:
    for key in dict.fromkeys([*config, *base]):
        value, reference = config.get(key, "–"), base.get(key, "–")
        yield Line(key, value, None if value == reference else reference)


def _flat(config: Any, path: str = "") -> dict[str, str]:
    """`{"train.optimizer.name": "adam"}`: a config's values by their paths."""
    flat: dict[str, str] = {}
    for key, value in config.items():
        place = f"{path}{key}"
        if place in _NOT_PART_OF_A_RUN:
            continue
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{place}.")
        else:
            flat[place] = _text(value)
    return flat


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
