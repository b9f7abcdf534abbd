"""Whether a run is finished: it has a record, of the data and parent its config names today."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqvision.config.schema import Config, Data
from seqvision.data.today import checksum_today, files_stamp
from seqvision.errors import DataError, DataUnavailable
from seqvision.runs.parent import of_its_parent
from seqvision.runs.record import RunRecord, ended_well

log = logging.getLogger("seqvision")


def finished(folder: Path, config: Config, *, test: bool) -> RunRecord | None:
    """The record of a finished run; None if it is not, or its data or parent has changed.

    Args:
        folder: the run's.
        test: whether the record must hold test metrics.
    """
    record = ended_well(folder, test=test)
    of_both = record and of_today(record, config.data) and of_its_parent(record, config)
    return record if of_both else None


def of_today(record: Mapping[str, Any], data: Data) -> bool:
    """Whether a record is of the data that its config names today.

    Files of the same size and modification time count as unchanged; otherwise the data is read.
    If the data is not available now, the record is taken to be of it.
    """
    of = record.get("dataset", {})
    if "checksum" not in of:
        return True
    if of.get("files") and of["files"] == files_stamp(data.dataset):
        return True
    # The record of a dataset that stood in is compared with whatever a run would load now.
    offline = data.offline if of.get("name") != of.get("asked_for") else None
    try:
        return checksum_today(data.dataset, offline, data.resampling) == of["checksum"]
    except DataUnavailable:
        return True
    except DataError as error:
        log.warning("%s: its record stands, but its data is gone: %s", record.get("run_id"), error)
        return True
