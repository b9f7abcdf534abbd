"""A family's model, its weights allocated only once it is known that they fit."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state  # What waits for values has no public name.

from seqvision.devices import devices
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.memory import check_fits

_ACCELERATOR = 512_000_000_000  # bytes; no accelerator has more today


def build_family(
    model: dict[str, Any], input_shape: Sequence[int], num_classes: int
) -> keras.Model:
    """Build what a checked `model` section describes, for images of a shape.

    Raises:
        SeqvisionError: the options do not fit together or do not fit the images, or the weights
            certainly do not fit into memory; nothing has been allocated then.
    """
    options = {key: value for key, value in model.items() if key != "family"}
    with allocated_if_it_fits("model: its weights"):
        try:
            return FAMILIES.get(model["family"])(tuple(input_shape), num_classes, **options)
        except SeqvisionError:
            raise
        except Exception as error:  # Each backend refuses in its own way, such as float64.
            reason = str(error).strip().partition("\n")[0]
            policy = keras.config.dtype_policy().name
            raise SeqvisionError(
                f"model: cannot be built for images of {tuple(input_shape)} in {policy}: {reason}"
            ) from error


@contextmanager
def allocated_if_it_fits(what: str, copies: int = 0, beside: float = 0) -> Iterator[None]:
    """Plan the variables that are made within, and allocate them at the end if there is memory.

    Keras makes variables without values within a `StatelessScope`, and gives them values after it.

    Args:
        what: how a message begins, such as `"model: its weights"`.
        copies: how often what is trained is needed besides, such as once for its gradients.
        beside: other bytes that are needed at the same time.

    Raises:
        SeqvisionError: it certainly does not fit, and nothing has been allocated; or it cannot be
            allocated or initialized after all.
    """
    waiting: list[Any] = global_state.get_global_attribute("uninitialized_variables", [], True)
    before = len(waiting)
    scope, problem = keras.StatelessScope(initialize_variables=False), None
    try:
        with scope:
            yield
    except Exception as error:
        problem = error  # Such as a shape that is too large for any tensor: the size says more.
    made = waiting[before:]
    try:
        accelerators = [name for name in devices() if not name.startswith("cpu")]
        size = beside + sum(_size(v) * (1 + copies * v.trainable) for v in made)
        check_fits(size, what, len(accelerators) * _ACCELERATOR)
        if problem:
            raise problem
        with keras.StatelessScope():
            pass  # At its end Keras gives all that waits its value.
    except Exception as error:
        del waiting[before:]
        if problem or isinstance(error, SeqvisionError):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise SeqvisionError(f"model: its weights cannot be initialized: {reason}") from error
    for variable in made:
        if (value := scope.get_current_value(variable)) is not None:
            variable.assign(value)  # By the family itself, such as weights of its own.


def _size(variable: Any) -> int:
    """The bytes of a variable."""
    item = 2 if variable.dtype == "bfloat16" else np.dtype(variable.dtype).itemsize
    return item * math.prod(variable.shape)
