"""The runs of a sweep, configs × seeds, and which of them are finished."""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from seqvision.config import Config
from seqvision.runs.finished import finished, of_today
from seqvision.runs.folders import rename_former
from seqvision.runs.parent import of_its_parent
from seqvision.runs.record import RunRecord, read_record, run_id


@dataclass(frozen=True)
class Job:
    """A run to perform: a config and a seed, and the folder of all results."""

    config: Config
    seed: int
    results: Path
    force: bool = False
    """Train again even if there is a record."""
    test: bool = True
    """Measure the test images."""
    begin_with: Path | None = None
    """The folder of a shorter run to go on from."""
    asks: bool = False
    """Ask the listener after each epoch whether to go on."""

    @property
    def run_id(self) -> str:
        return run_id(self.config, self.seed)

    @property
    def folder(self) -> Path:
        return self.results / self.run_id

    def record(self) -> RunRecord | None:
        """The record of this run once it has ended well, and None before."""
        return finished(self.folder, self.config, test=self.test)


@dataclass(frozen=True)
class Planned:
    """A run of a plan."""

    job: Job
    status: str
    """`finished`, `to do`, `begun` (goes on from its checkpoint), or `failed` (begins anew);
    `untested`, as a trial of a search is, `of other data` and `of another parent` than the config
    names today begin anew as well."""
    seconds: float | None
    """How long runs of this config took before, their median; None when none is finished."""

    @property
    def done(self) -> bool:
        return self.status == "finished"


def plan(
    configs: Iterable[Config],
    seeds: Sequence[int] | None,
    results: Path,
    *,
    force: bool = False,
) -> list[Planned]:
    """Every run of the configs, each once, in the order given.

    Args:
        seeds: instead of each config's own.
        force: count finished runs as to do.
    """
    jobs: dict[str, Job] = {}
    for config in configs:
        for seed in seeds or config.train.seeds:
            job = Job(config, seed, results, force)
            jobs.setdefault(job.run_id, job)
    for home in {job.folder.parent for job in jobs.values() if not job.folder.exists()}:
        rename_former(home)
    return [Planned(job, _status(job), _seconds(job)) for job in jobs.values()]


def seconds_left(
    runs: Sequence[tuple[float | None, float]], places: int, others: Sequence[float] = ()
) -> float | None:
    """How long runs will take, some of them side by side; None while nothing is known.

    Args:
        runs: for each, the seconds that all of it takes, None if not known, and the share still to
            do. The median of the known seconds stands for those that are not.
        others: the seconds that other runs took.
    """
    known = [seconds for seconds, _ in runs if seconds] + list(others)
    if not known or not runs:
        return None
    usual = median(known)
    return sum((seconds or usual) * share for seconds, share in runs) / min(places, len(runs))


def _status(job: Job) -> str:
    record = None if job.force else read_record(job.folder)
    if record and record["status"] == "finished" and not of_today(record, job.config.data):
        return "of other data"
    if record and record["status"] == "finished" and not of_its_parent(record, job.config):
        return "of another parent"
    if record:
        return record["status"]
    if not job.force and zipfile.is_zipfile(job.folder / "checkpoint.npz"):
        return "begun"
    return "to do"


def _seconds(job: Job) -> float | None:
    """The median training time of the config's finished runs, whatever their seed."""
    folders = job.folder.parent.glob(f"{job.config.hash}-s*")
    records = (read_record(folder) for folder in folders)
    took = [r["timing"]["train_seconds"] for r in records if r and r["status"] == "finished"]
    return median(took) if took else None
