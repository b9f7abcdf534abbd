"""Where runs are performed: on this machine, or on a cluster."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from seqvision.cores import available_cores
from seqvision.errors import SeqvisionError
from seqvision.loggers.chosen import Spec, chosen, prepare


def performer(
    jobs: int | str | None,
    address: str | None,
    results: Path,
    runs: int,
    loggers: Sequence[Spec] = (),
) -> AbstractContextManager[Any]:
    """The performer of a number of runs; its `places` say how many it performs at once.

    Args:
        jobs: a number; `auto`, one a core, which finishes most runs an hour; or None, which is 1
            here and `auto` on a cluster.
        address: of a Ray cluster, `auto` for the one this machine is part of; None for here.
        loggers: where else to log the runs.

    Raises:
        SeqvisionError: `jobs` is none of these, there is no such cluster, or another process does
            not know a logger.
    """
    places, loggers = number_of(jobs), chosen(loggers, elsewhere=True)
    if runs:
        prepare(loggers, results)
    if address is not None:
        from seqvision.sweep.cluster import Cluster

        return Cluster(address, results, None if jobs in (None, "auto") else places, loggers)
    from seqvision.sweep.local import Local

    places = max(1, min(places, runs))
    return Local(places, max(1, available_cores() // places), loggers)


def number_of(jobs: int | str | None) -> int:
    """How many runs `jobs` asks for at once, on this machine.

    Raises:
        SeqvisionError: it is neither a number from 1 nor `auto`.
    """
    if jobs == "auto":
        return available_cores()
    if jobs is None:
        return 1
    text = str(jobs)
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise SeqvisionError(f"jobs {jobs}: expected auto or a number from 1 to 1000")
    return int(text)
