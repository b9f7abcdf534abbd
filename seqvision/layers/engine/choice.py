"""Which way a recurrent layer runs: the first of its backend's that nothing hinders.

| backend    | first            | then                                  | else         |
|------------|------------------|---------------------------------------|--------------|
| TensorFlow | native           | a graph, unrolled or a while loop     | Keras's loop |
| JAX        | native           | a scan                                | Keras's loop |
| PyTorch    | native           | PyTorch's own kernels                 | Keras's loop |

Native is for a CPU, float32 or bfloat16, Keras's usual activations, and graphs that stay in this
process; on JAX not for a CPU that counts as several devices, as XLA cannot cut such a call.
On a GPU Keras's loop is cuDNN on TensorFlow and PyTorch. On JAX it is a scan too, and ours is taken
where it was measured to be faster, training images/s in batches of 64 on an H200:

| on a GPU with JAX                     | ours   | Keras's |
|---------------------------------------|--------|---------|
| three GRUs of 200, 28 steps           | 25,900 | 15,600  |
| one GRU of 128, 784 steps             | 4,100  | 2,900   |
| other layers                          | not measured |   |

`SEQVISION_ENGINE` overrules it: `native`, `engine` (the second column) or `keras`.
"""

import os
from importlib import import_module
from typing import Any

import keras

from seqvision.errors import SeqvisionError, did_you_mean

WAYS = {
    "tensorflow": ("native", "on_tensorflow"),
    "jax": ("native", "on_jax"),
    "torch": ("native", "on_torch"),
}
"""For each backend the modules of this package that run a layer, best first."""

_NAMES = ("native", "engine", "keras")


def choose(layer: Any, step: Any, sequences: Any, mask: Any, training: bool) -> Any:
    """The module that is to run a layer, or why none can.

    A module has `NAME`, `hindrance(layer, step, sequences, mask, training)`, which says why it
    cannot, `slower_than_keras(step, sequences, mask)`, which says why it should not, and
    `run_layer(layer, step, given, training)`.

    Raises:
        SeqvisionError: `SEQVISION_ENGINE` is no way.
    """
    ways = WAYS.get(keras.backend.backend(), ())
    if not ways:
        return f"the backend is {keras.backend.backend()}"
    if getattr(layer, "use_cudnn", None) is True:
        return "use_cudnn is True"
    wanted = asked_for()
    reason = f"SEQVISION_ENGINE is {wanted}"
    for name in ways:
        way = import_module(f"seqvision.layers.engine.{name}")
        if wanted in (None, way.NAME):
            reason = way.hindrance(layer, step, sequences, mask, training)
            if reason is None and wanted is None:
                reason = way.slower_than_keras(step, sequences, mask)
            if reason is None:
                return way
    return reason


def asked_for() -> str | None:
    """What `SEQVISION_ENGINE` says; None if it leaves the choice to the table.

    Raises:
        SeqvisionError: it is no way.
    """
    wanted = os.environ.get("SEQVISION_ENGINE") or None
    if wanted and wanted not in _NAMES:
        hint = did_you_mean(wanted, _NAMES)
        raise SeqvisionError(
            f"SEQVISION_ENGINE: expected {', '.join(_NAMES)}, got {wanted!r}{hint}"
        )
    return wanted


def dropout_within(cell: Any, training: bool) -> str | None:
    """What dropout there is within the loop over time, for ways that do without."""
    if training and cell.recurrent_dropout:
        return "the state is dropped out"
    if training and cell.dropout and getattr(cell, "dropout_mask_count", None):
        return "each gate has a dropout mask of its own"
    return None
