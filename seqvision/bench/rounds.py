"""Measures contenders by turns in fresh processes, so that no drift of the machine favours one."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from seqvision.bench.contenders import CONTENDERS
from seqvision.bench.work import Work
from seqvision.cores import available_cores
from seqvision.errors import RunFailed
from seqvision.specs import name_and_options

FIGURES = (
    "train_images_per_second",
    "inference_images_per_second",
    "latency_milliseconds",
    "first_step_seconds",
    "peak_memory_mb",
)
TOLERANCE = {"float32": 1e-3, "float64": 1e-3}
"""How far logits may differ from Keras's in the same work; 0.1 in half precision."""


def bench(
    work: Work,
    contenders: Sequence[str],
    rounds: int,
    seconds: float,
    started: Callable[[str, int], None],
    held: int = 1,
) -> dict[str, Any]:
    """Measure the contenders on a piece of work, round by round.

    Args:
        contenders: names of `CONTENDERS`, those first that are held to the others.
        rounds: how often each is measured.
        seconds: of training that each process measures.
        started: called with `(contender, round)` before each measurement.
        held: how many are held to the others. Training is measured, and the ceiling, if one of
            them trains.

    Returns:
        `contenders`: for each, the `median`, `min` and `max` of every figure, and `cannot` for one
        that has no layers for the work. If one is held to the others, each figure has the `ratio`
        of that one's to its own (the median over rounds of the ratio within a round) with its
        range; if several are, the ratio of its own to that of the first of the others. `ceiling`:
        the images/s of the matrix products alone, `share` of it that the first reaches, and
        `peak_flops_per_core` or, of an accelerator, `peak_flops`. `cores`: how many this process
        may use. `measured`: for each contender and the ceiling, the figures of every round. `ours`:
        which contenders are this project's, those `held` first. `seconds`, `started`, and the
        `environment`.

    Raises:
        RunFailed: a contender's process died, or its logits are not those of Keras's layers.
    """
    training = any(trains(name) for name in contenders[:held])
    measured_too = ["ceiling"] if training else []
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in [*contenders, "ceiling"]}
    cannot: dict[str, str] = {}
    environment: dict[str, Any] = {}
    begun = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="seqvision-bench-") as folder:
        works = {name: _as_done_by(name, work) for name in contenders}
        references: dict[str, Path] = {}
        for name, own in works.items():
            path = Path(folder, f"{hash(json.dumps(own.as_json())) & 0xFFFFFFFF}.npz")
            if not path.exists():
                environment = _ask(own, "reference", path)["environment"]
            references[name] = path
        for number in range(rounds):
            for name in (*contenders, *measured_too):
                if name in cannot:
                    continue
                started(name, number)
                path = references.get(name, Path(folder))
                measured = _ask(works.get(name, work), name, path, seconds, training)
                if "cannot" in measured:
                    cannot[name] = measured["cannot"]
                    continue
                _check_same_work(name, measured, work, "accelerator" in environment["processor"])
                found[name].append(measured)
    ours = [name for name in contenders if CONTENDERS.entry(name).card.get("ours", False)]
    return {
        **summary(work, contenders, found, cannot, held),
        "measured": {name: rows for name, rows in found.items() if rows or name in contenders},
        "held": list(contenders[:held]),
        "ours": list(dict.fromkeys([*contenders[:held], *ours])),
        "seconds": seconds,
        "started": begun.isoformat(timespec="seconds"),
        "environment": environment,
    }


def trains(name: str) -> bool:
    """Whether a contender trains, or only answers."""
    return CONTENDERS.entry(name).card.get("trains", True)


def summary(
    work: Work,
    contenders: Sequence[str],
    found: dict[str, list[dict[str, Any]]],
    cannot: dict[str, str],
    held: int = 1,
) -> dict[str, Any]:
    """Medians, ranges and ratios of the measurements of all rounds."""
    first = found[contenders[0]]
    beside = found[contenders[min(held, len(contenders) - 1)]]
    rows: dict[str, Any] = {}
    for name in contenders:
        if name in cannot:
            rows[name] = {"cannot": cannot[name]}
            continue
        rows[name] = {}
        for figure in FIGURES:
            if any(figure not in row for row in found[name]):
                continue
            rows[name][figure] = spread([row[figure] for row in found[name]])
            over, under = (first, found[name]) if held == 1 else (found[name], beside)
            if len(over) == len(under) and all(figure in row for row in (*over, *under)):
                pairs = zip(over, under, strict=True)
                rows[name][figure]["ratio"] = spread([a[figure] / b[figure] for a, b in pairs])
        rows[name]["difference"] = max(row["difference"] for row in found[name])
        if path := found[name][-1].get("path"):
            rows[name]["path"] = path
    summed = {
        "work": work.as_json(),
        "rounds": max(map(len, found.values())),
        "cores": available_cores(),
        "contenders": rows,
    }
    if found["ceiling"]:
        ceilings = [row["train_images_per_second"] for row in found["ceiling"]]
        summed["ceiling"] = ceiling = dict[str, Any](spread(ceilings))
        if first and all("train_images_per_second" in row for row in first):
            pairs = zip(first, ceilings, strict=True)
            shares = [own["train_images_per_second"] / ceiling for own, ceiling in pairs]
            ceiling["share"] = spread(shares)
        for peak in ("peak_flops_per_core", "peak_flops"):
            if all(peak in row for row in found["ceiling"]):
                ceiling[peak] = median(row[peak] for row in found["ceiling"])
    return summed


def spread(values: list[float]) -> dict[str, float]:
    """The `median`, `min` and `max` of numbers; nothing of none."""
    if not values:
        return {}
    return {"median": median(values), "min": min(values), "max": max(values)}


def _as_done_by(name: str, work: Work) -> Work:
    """The work in the variant that a contender has, such as a GRU with `reset_after=False`."""
    card = CONTENDERS.entry(name).card
    work = replace(work, precision=card.get("precision", work.precision))
    if "mixer" in card and "mixer" in work.model:
        return work.with_model(mixer=card["mixer"])
    cell, options = name_and_options(work.model.get("cell", ""))
    if cell == "gru" and "reset_after" in card:
        cell_spec = {"name": cell, **options, "reset_after": card["reset_after"]}
        return work.with_model(cell=cell_spec)
    return work


def _check_same_work(
    name: str, measured: dict[str, Any], work: Work, on_accelerator: bool = False
) -> None:
    allowed = TOLERANCE.get(work.precision, 0.1)
    if on_accelerator:  # Which may keep ten bits of the factors of a product in float32 (TF32).
        allowed = max(allowed, 1e-2)
    if name != "ceiling" and not measured["difference"] <= allowed:
        raise RunFailed(
            f"{name}: its logits lie {measured['difference']:.2g} from those of Keras's layers "
            f"with the same weights (allowed: {allowed:g}); it does not do the same work"
        )


def _ask(
    work: Work, contender: str, reference: Path, seconds: float = 0.0, training: bool = True
) -> dict[str, Any]:
    """The results of a fresh process."""
    order = {
        "work": work.as_json(),
        "contender": contender,
        "reference": str(reference),
        "seconds": seconds,
        "training": training,
    }
    done = subprocess.run(
        [sys.executable, "-m", "seqvision.bench.measure"],
        input=json.dumps(order) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise RunFailed(f"{contender} could not be measured: {last[0]}")
    return json.loads(done.stdout)
