"""Records as a table: one row for each run, finished or not."""

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.comparison.left_out import grouped_warnings, leave_out
from seqvision.errors import SeqvisionError

if TYPE_CHECKING:
    import pandas as pd

_RUN = re.compile(r"([0-9a-f]{8})-s(\d+)(?:-[0-9a-f]{8})?")
_SECTIONS = ("dataset", "metrics", "timing", "model", "environment")
_CONFIG = ("data", "model", "train")
_NEEDED = ("dataset", "checksum", "test_error")
_TEXTS = {"stopped", "started", "ended"}
_NESTED = (list, dict)
_NO_NUMBER = (str, list, dict)

ORIGINAL = "original"
"""The `split` of runs that were tested with the dataset's own test samples."""


@grouped_warnings()
def load_records(folder: str | Path) -> "pd.DataFrame":
    """Return the runs of a results folder, `<folder>/<name>/<config hash>-s<seed>/`, one in a row.

    Among them are runs that were set aside as they are of other data,
    `<config hash>-s<seed>-<checksum>`.

    `status` is `finished`, `failed` (the record says so in `error`), `untested` (a trial of a
    search, which does not use the test images), `unfinished` (a run's folder without a record:
    under way, or cut short) or `damaged` (a record that cannot be read; `error` says why, and so
    does a logged warning). A value that a run does not have is missing (NaN or None).

    Columns, in this order:

    - `run_id`, `name`, `seed`, `status`, `config_hash`, `error` and `folder`, the run's own;
    - the last part of each key of `dataset`, `metrics`, `timing`, `model` and `environment`, such
      as `test_error` or `parameters`; the dataset's name is `dataset`, and a key whose last part
      is a column already keeps its section: `environment.error`;
    - `split`, which samples were tested with: `original` are the dataset's own, others those of
      `resample 3` or `fold 2 of 5`;
    - `parent`, `parent_dataset` and `parent_sha256` of the weights that a run began with, if any;
    - the config's `description`, and its sections by their paths: `model.scan`, `train.epochs`.
      A mapping is one text, `rows(reverse=True)`, and each of its parts a column as well,
      `model.scan.reverse`; a list is a text, `[200, 200]`. `tune` is left out: no run reads it.

    Lists outside the config are tuples. Neither Keras nor predictions are loaded.

    Raises:
        SeqvisionError: the folder does not exist, or holds no run.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> records = seqvision.load_records("results")
        >>> records.loc[records["name"] == "tiny", ["status", "model.cell"]].iloc[0].tolist()
        ['finished', 'gru']
    """
    import pandas as pd

    folder = Path(folder)
    if not folder.is_dir():
        raise SeqvisionError(f"{folder}: no such folder")
    rows = [_row(*found) for found in _runs(folder)]
    if not rows:
        raise SeqvisionError(
            f"{folder}: no records; a run's is {folder / '<name>' / '<config hash>-s<seed>'}/"
        )
    columns = sorted(dict.fromkeys(key for row in rows for key in row), key=is_config)
    return pd.DataFrame({column: [row.get(column) for row in rows] for column in columns})


def tested(records: "pd.DataFrame") -> "pd.DataFrame":
    """The records without `untested` ones, which take no part in a comparison."""
    return records[records["status"] != "untested"]


def is_config(column: str) -> bool:
    """Whether a column belongs to the config, as `model.scan` does."""
    return "." in column and column.partition(".")[0] in _CONFIG


def _runs(folder: Path) -> list[tuple[str, str, str, str, int]]:
    """`(path, run_id, name, config hash, seed)` of every run's folder, by name, hash and seed."""
    found = []
    for home in os.scandir(folder):
        if not home.is_dir():
            continue
        for entry in os.scandir(home.path):
            match = _RUN.fullmatch(entry.name)
            if match and entry.is_dir():
                run_id = f"{home.name}/{entry.name}"
                found.append((entry.path, run_id, home.name, match[1], int(match[2])))
    return sorted(found, key=lambda run: (*run[2:], run[1]))


def _row(path: str, run_id: str, name: str, config_hash: str, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "run_id": run_id,
        "name": name,
        "seed": seed,
        "status": "unfinished",
        "config_hash": config_hash,
        "error": None,
        "folder": path,
    }
    try:
        with open(f"{path}/record.json", "rb") as file:  # noqa: PTH123  (Path takes twice the time)
            record = json.load(file)
        return _of_record(record, row)
    except FileNotFoundError:
        return row | _config_values(_read_yaml(Path(path, "config.yaml")))
    except (OSError, ValueError, RecursionError) as error:
        leave_out(path, "damaged record", error)
        return row | {"status": "damaged", "error": str(error)}


def _of_record(record: Any, row: dict[str, Any]) -> dict[str, Any]:
    """The whole row of a record; `row` holds what its folder's name says.

    Raises:
        ValueError: it is not a run's record.
    """
    if not isinstance(record, dict):
        raise ValueError("not a mapping")
    if (status := record.get("status")) not in ("finished", "failed", "untested"):
        raise ValueError(f"status: expected finished, failed or untested, got {status!r}")
    values = row | {"status": status, "error": _plain(record.get("error"))}
    for section in _SECTIONS:
        content = record.get(section)
        if not isinstance(content, dict):
            raise ValueError(f"{section}: expected a mapping, got {content!r}")
        for key, value in content.items():
            if section == "model" and key == "parent":
                values |= _parent(value)
                continue
            if isinstance(value, _NO_NUMBER):
                if _should_be_number(section, key):
                    raise ValueError(f"{section}.{key}: expected a number, got {value!r}")
                value = tuple(value) if isinstance(value, list) else _plain(value)
            if section == "dataset" and key == "name":
                key = "dataset"
            values[f"{section}.{key}" if key in values else key] = value
    values["split"] = _split(record["dataset"])
    if status == "finished" and any(values.get(column) is None for column in _NEEDED):
        raise ValueError("dataset.name, dataset.checksum and metrics.test_error have to be there")
    if not isinstance(config := record.get("config"), dict):
        raise ValueError(f"config: expected a mapping, got {config!r}")
    return values | _config_values(config)


def _split(data: dict[str, Any]) -> str:
    """`original`, `resample 3` or `fold 2 of 5`."""
    if data.get("folds"):
        return f"fold {data.get('fold')} of {data['folds']}"
    return f"resample {data['resample']}" if data.get("resample") else ORIGINAL


def _parent(parent: Any) -> dict[str, Any]:
    """The columns of the model whose weights a run began with.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(parent, dict) or not isinstance(parent.get("name"), str):
        raise ValueError(f"model.parent: expected a mapping with a name, got {parent!r}")
    more = {f"parent_{key}": _plain(parent.get(key)) for key in ("dataset", "sha256")}
    return {"parent": parent["name"], **more}


def _should_be_number(section: str, key: str) -> bool:
    if section == "dataset":
        return key in ("train", "validation", "test", "resample", "folds", "fold")
    return section != "environment" and key not in _TEXTS


def _read_yaml(path: Path) -> Any:
    """The config of an unfinished run; None if it cannot be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(path)
    except (OSError, ValueError, RecursionError, YAMLError):
        return None


def _config_values(config: Any) -> dict[str, Any]:
    """The columns of a config; none for what is no config."""
    values: dict[str, Any] = {}
    if isinstance(config, dict):
        values["description"] = _plain(config.get("description"))
        for section in _CONFIG:
            if isinstance(content := config.get(section), dict):
                _flatten(content, section, values)
    return values


def _flatten(content: dict[str, Any], path: str, values: dict[str, Any]) -> None:
    """Add `path.key` for each key of a section; a mapping as one text and by its parts."""
    for key, value in content.items():
        place = f"{path}.{key}"
        values[place] = _plain(value) if isinstance(value, _NESTED) else value
        if isinstance(value, dict):
            _flatten(value, place, values)


def _plain(value: Any) -> Any:
    """A number, a text or None as it is; a list or a mapping as one text, `rows(reverse=True)`."""
    if isinstance(value, list):
        return f"[{', '.join(str(_plain(inner)) for inner in value)}]"
    if not isinstance(value, dict):
        return value
    options = ", ".join(f"{k}={_plain(inner)}" for k, inner in value.items() if k != "name")
    if "name" not in value:
        return options
    return f"{value['name']}({options})" if options else value["name"]
