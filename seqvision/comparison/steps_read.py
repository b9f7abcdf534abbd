"""How accurate causal models are after each step: their prefixes.npz, read and as a table."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from seqvision.comparison.left_out import grouped_warnings, leave_out
from seqvision.errors import NothingToShow
from seqvision.runs.files import read_arrays

_MOST_STEPS = 56


@grouped_warnings()
def accuracy_by_step(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each run, step read (from 1) and class, of the runs of causal models.

    Columns: `model`, `scan`, `seed`, `step`, `steps` in all (of series the step is one of 20 shares
    of each, and `shares` is True), `class`, and of its test images the
    number that are `right` after the step, and of all `images`. Of more than 56 steps it holds 56,
    spread evenly.

    Raises:
        NothingToShow: no run has prefixes.npz.
    """
    parts = []
    for scan, model, seed, saved in read_prefixes(runs):
        steps, classes = saved["right"].shape
        kept = np.unique(np.linspace(1, steps, min(steps, _MOST_STEPS)).round().astype(int))
        parts.append(
            pd.DataFrame(
                {
                    "model": model,
                    "scan": scan,
                    "seed": seed,
                    "step": np.repeat(kept, classes),
                    "steps": steps,
                    "shares": "shares" in saved,
                    "class": np.tile(saved["names"], len(kept)),
                    "right": saved["right"][kept - 1].ravel(),
                    "images": np.tile(saved["images"], len(kept)),
                }
            )
        )
    if not parts:
        raise NothingToShow(
            "no run says what it knew after each step: only a model that reads in one direction "
            "can (prefixes.npz)"
        )
    return pd.concat(parts, ignore_index=True)


def read_prefixes(runs: pd.DataFrame) -> Iterator[tuple[str, str, int, dict[str, np.ndarray]]]:
    """Yield `(scan, model, seed, arrays)` of each run that has a readable prefixes.npz.

    The arrays are those that `seqvision.runs.prefixes.write_prefixes` names, with the `names` of
    the classes.
    """
    scans = runs["model.scan"] if "model.scan" in runs else pd.Series("", runs.index)
    columns = (scans.fillna(""), runs["model"], runs["seed"], runs["folder"], runs["class_names"])
    for scan, model, seed, folder, names in zip(*columns, strict=True):
        path = Path(folder, "prefixes.npz")
        try:
            saved = _read(path, len(names))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            leave_out(path, "left out of what is said of steps read", error)
            continue
        yield scan, model, seed, {**saved, "names": np.array(names, dtype=object)}


def _read(path: Path, classes: int) -> dict[str, np.ndarray]:
    arrays = read_arrays(path)
    if missing := {"right", "images"} - arrays.keys():
        raise ValueError(f"there is no array {missing.pop()!r}")
    shape = arrays["right"].shape
    if shape[1:] != (classes,) or arrays["images"].shape != (classes,):
        raise ValueError(f"counts of {shape} for {classes} classes")
    if arrays.get("said", arrays["right"]).shape != shape:
        raise ValueError(f"examples of {arrays['said'].shape} for counts of {shape}")
    return arrays
