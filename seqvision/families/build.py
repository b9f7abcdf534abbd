"""Builds a family's model, if it can fit into memory."""

import math
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from seqvision.devices import devices
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.memory import check_fits

_ACCELERATOR = 512_000_000_000  # bytes; no accelerator has more today


def build_family(
    model: dict[str, Any],
    input_shape: Sequence[int | None],
    num_classes: int,
    needed_for: str = "model: its weights",
    copies: int = 0,
    beside: int = 0,
) -> keras.Model:
    """Build what a checked `model` section describes, for samples of a shape.

    Its weights are initial ones, even if the section names others.

    Args:
        needed_for: what the memory is needed for, the first words of an error.
        copies: how many more copies of trainable weights are needed, such as one for gradients.
        beside: other bytes that are needed at the same time.

    Raises:
        SeqvisionError: the options do not fit together or do not fit the samples; or the model
            certainly does not fit into memory, in which case nothing has been allocated.
    """
    options = {key: value for key, value in model.items() if key not in ("family", "weights")}

    def build() -> keras.Model:
        return FAMILIES.get(model["family"])(tuple(input_shape), num_classes, **options)

    size = beside + sum(_size(v) * (1 + copies * v.trainable) for v in _planned(build))
    accelerators = [name for name in devices() if not name.startswith("cpu")]
    check_fits(size, needed_for, len(accelerators) * _ACCELERATOR)
    try:
        built = build()
        for variable in built.trainable_variables:
            if variable.constraint is not None:
                variable.constraint(variable)  # Which looks at its arguments in training alone.
        return built
    except SeqvisionError:
        raise
    except Exception as error:  # Each backend has errors of its own.
        reason, policy = str(error).strip().partition("\n")[0], keras.config.dtype_policy().name
        raise SeqvisionError(
            f"model: cannot be built for samples of {tuple(input_shape)} in {policy}: {reason}"
        ) from error


def _planned(build: Callable[[], keras.Model]) -> list[Any]:
    """The variables of a model, without their values; none if it cannot be built.

    Within a `StatelessScope` Keras makes variables without values. It keeps them, and counts names,
    by thread: in a thread of its own, this leaves no trace in the model that is built later.
    """
    policy, state = keras.config.dtype_policy(), random.getstate()

    def plan() -> list[Any]:
        keras.config.set_dtype_policy(policy)
        with keras.StatelessScope(initialize_variables=False):
            return build().variables

    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(plan).result()
    except Exception:
        return []  # The real build will raise what is wrong.
    finally:
        random.setstate(state)  # Initializers draw their seeds from it.


def _size(variable: Any) -> int:
    """The bytes of a variable."""
    item = 2 if variable.dtype == "bfloat16" else np.dtype(variable.dtype).itemsize
    return item * math.prod(variable.shape)
