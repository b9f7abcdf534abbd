"""Which of several runs of one config is published: validation decides, never the test images."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from seqvision.errors import SeqvisionError
from seqvision.runs.record import RunRecord, read_record


def runs_of_one_config(folders: Sequence[Path]) -> list[RunRecord]:
    """The records of folders, by seed.

    Raises:
        SeqvisionError: a folder holds no finished run; or they are of several configs or datasets,
            or twice of one seed.
    """
    if not folders:
        raise SeqvisionError("name the folder of a finished run, such as results/tiny/88c64437-s0")
    records = [_finished(folder) for folder in folders]
    first = records[0]
    for other in records[1:]:
        if other["config_hash"] != first["config_hash"] or other["name"] != first["name"]:
            told = [f"{each.folder} is of {each['run_id']}" for each in (first, other)]
            raise SeqvisionError(f"the runs must be of one config: {', '.join(told)}")
        if other["dataset"]["checksum"] != first["dataset"]["checksum"]:
            raise SeqvisionError(f"{other.folder} and {first.folder} are of different data")
    records.sort(key=lambda record: record["seed"])
    for one, other in pairwise(records):
        if one["seed"] == other["seed"]:
            raise SeqvisionError(f"seed {one['seed']} twice: {one.folder} and {other.folder}")
    return records


def best(records: Sequence[RunRecord]) -> RunRecord:
    """The run of the highest validation accuracy, then of the lowest validation loss.

    Without validation images it is the first seed.
    """

    def rank(record: RunRecord) -> tuple[float, float, int]:
        metrics = record.get("metrics", {})
        accuracy, loss = metrics.get("val_accuracy"), metrics.get("val_loss")
        return (
            -float("-inf" if accuracy is None else accuracy),
            float("inf" if loss is None else loss),
            record["seed"],
        )

    return min(records, key=rank)


def _finished(folder: Path) -> RunRecord:
    """The record of a finished run."""
    if not folder.is_dir():
        raise SeqvisionError(f"{folder}: no such folder; name that of a finished run")
    record = read_record(folder)
    if record is None or record["status"] != "finished":
        state = "holds no record" if record is None else f"its run is {record['status']}"
        raise SeqvisionError(f"{folder}: {state}; name the folder of a finished run")
    return record
