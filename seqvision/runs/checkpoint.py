"""All that a run needs to go on after its last finished epoch, in one file."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.runs.files import write_atomically


def save(path: Path, model: keras.Model, state: dict[str, Any], best: list[np.ndarray]) -> None:
    """Write weights, optimizer, random generators, the best weights so far and `state` (JSON)."""
    arrays: dict[str, Any] = {f"variable_{i}": _array(v) for i, v in enumerate(_variables(model))}
    arrays |= {f"best_{i}": array for i, array in enumerate(best)}
    arrays["state"] = np.frombuffer(json.dumps(state).encode(), np.uint8)

    def write(temporary: Path) -> None:
        np.savez(temporary, **arrays)

    write_atomically(path, write)


def restore(path: Path, model: keras.Model) -> tuple[dict[str, Any], list[np.ndarray]] | None:
    """Put a checkpoint's values into a compiled model; return its state and best weights.

    None when there is no checkpoint, or it does not fit the model or cannot be read.
    """
    variables = _variables(model)
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = dict(archive)
        state = json.loads(arrays["state"].tobytes())
        values = [arrays[f"variable_{i}"] for i in range(len(variables))]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    if any(tuple(v.shape) != a.shape for v, a in zip(variables, values, strict=True)):
        return None
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    best = [arrays[f"best_{i}"] for i in range(sum(key.startswith("best_") for key in arrays))]
    return state, best


def _variables(model: keras.Model) -> list[Any]:
    """Weights, the seeds of dropout, and the optimizer's slots, in a fixed order."""
    metrics = {id(v) for v in model.metrics_variables}
    own = [v for v in model.variables if id(v) not in metrics]
    return own + list(model.optimizer.variables)


def _array(variable: Any) -> np.ndarray:
    array = ops.convert_to_numpy(variable)
    # NumPy has no bfloat16 of its own; float32 holds each of its values exactly.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array
