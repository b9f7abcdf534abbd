"""Whether a run is done: there is a record of it, and of the data that its config names today."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqvision.config.schema import Config, Data
from seqvision.data.today import checksum_today, files_stamp
from seqvision.errors import DataError, DataUnavailable
from seqvision.runs.record import RunRecord, ended_well

log = logging.getLogger("seqvision")


def finished(folder: Path, config: Config, *, test: bool) -> RunRecord | None:
    """The record of a run that needs not be trained; None if it does, or is of other data.

    Args:
        folder: the run's.
        test: whether test figures are asked for.
    """
    record = ended_well(folder, test=test)
    return record if record and of_today(record, config.data) else None


def of_today(record: Mapping[str, Any], data: Data) -> bool:
    """Whether a record is of the data that its config names today.

    Files whose size and modification time are as they were are taken to be the same; else the
    data is read. A record stands if the data it is of is not to be had now.
    """
    of = record.get("dataset", {})
    if "checksum" not in of:
        return True
    if of.get("files") and of["files"] == files_stamp(data.dataset):
        return True
    # The dataset itself; or, for a record of what stood in for it, whatever a run would be given.
    offline = data.offline if of.get("name") != of.get("asked_for") else None
    try:
        return checksum_today(data.dataset, offline) == of["checksum"]
    except DataUnavailable:
        return True
    except DataError as error:
        log.warning("%s: its record stands, but its data is gone: %s", record.get("run_id"), error)
        return True
