"""Which way a recurrent layer runs: the first of its backend's that nothing hinders.

| backend    | first            | then                                  | else         |
|------------|------------------|---------------------------------------|--------------|
| TensorFlow | native           | a graph, unrolled or a while loop     | Keras's loop |
| JAX        | native           | a scan                                | Keras's loop |
| PyTorch    | native           | PyTorch's own kernels                 | Keras's loop |

Native is for a CPU, float32 or bfloat16, Keras's usual activations, and graphs that stay in this
process.
"""

from importlib import import_module
from typing import Any

import keras

WAYS = {
    "tensorflow": ("native", "on_tensorflow"),
    "jax": ("native", "on_jax"),
    "torch": ("native", "on_torch"),
}
"""For each backend the modules of this package that run a layer, best first."""


def choose(layer: Any, step: Any, sequences: Any, mask: Any, training: bool) -> Any:
    """The module that is to run a layer, or why none can.

    A module has `NAME`, `hindrance(layer, step, sequences, mask, training)`, which says why it
    cannot, and `run_layer(layer, step, given, training)`.
    """
    ways = WAYS.get(keras.backend.backend(), ())
    if not ways:
        return f"the backend is {keras.backend.backend()}"
    if getattr(layer, "use_cudnn", None) is True:
        return "use_cudnn is True"
    reason = None
    for name in ways:
        way = import_module(f"seqvision.layers.engine.{name}")
        reason = way.hindrance(layer, step, sequences, mask, training)
        if reason is None:
            return way
    return reason


def dropout_within(cell: Any, training: bool) -> str | None:
    """What dropout there is within the loop over time, for ways that do without."""
    if training and cell.recurrent_dropout:
        return "the state is dropped out"
    if training and cell.dropout and getattr(cell, "dropout_mask_count", None):
        return "each gate has a dropout mask of its own"
    return None
