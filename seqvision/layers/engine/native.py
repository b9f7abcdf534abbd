"""A layer as one operation in C++, on a CPU."""

from functools import partial
from importlib import import_module
from typing import Any

import keras
from keras import ops, tree

from seqvision.cores import layers_at_once
from seqvision.layers.engine.loop import forward, one_by_one
from seqvision.layers.engine.reading import over_time, shown, weights_of
from seqvision.layers.engine.steps import GRUResetBeforeStep, GRUStep, LSTMStep, SimpleRNNStep, Step
from seqvision.native import core

NAME = "native"


def hindrance(layer: Any, step: Step, sequences: Any, mask: Any, training: bool) -> str | None:
    """Why it does not apply."""
    if layer.unroll:
        return "unroll is True"
    # Keras's first implementation multiplies each gate by itself.
    if training and getattr(layer.cell, "dropout_mask_count", None):
        return "each gate has a dropout mask of its own"
    return hindrance_here(layer.cell.compute_dtype, sequences, training)


def hindrance_here(dtype: str, sequences: Any, training: bool) -> str | None:
    """Why no cell's kernels apply, in a type and in what is being traced."""
    if dtype not in ("float32", "bfloat16"):
        return f"it computes in {dtype}"
    if keras.backend.backend() == "tensorflow":
        from seqvision.layers.engine.graph import may_be_exported

        if may_be_exported(training):
            return "the graph may be exported"
    return _binding().hindrance(sequences)


def slower_than_keras(*given: Any) -> str | None:
    """Why Keras's loop is faster: it never is where these kernels run."""
    return None


def run_layer(layer: Any, step: Step, given: Any, training: bool) -> tuple[Any, str]:
    """Run a layer over all time steps; return what `inner_loop` does, and how it was done."""
    sequences, states, mask, _, dropout = given
    kernel, recurrent_kernel, bias = weights_of(layer.cell)
    biases = [bias[0], bias[1]] if bias is not None and len(bias.shape) == 2 else [bias, None]
    outputs, last, how = run(
        _cell(step),
        layer.cell.compute_dtype,
        sequences,
        states,
        [kernel, recurrent_kernel, *biases],
        mask,
        dropout[0] if dropout else None,
        go_backwards=layer.go_backwards,
        every=bool(layer.return_sequences or mask is not None),
        keep=bool(training),
        portable=partial(_portable, layer, step, mask, dropout),
    )
    return shown(layer, outputs, last, mask, time_axis=1), how


def run(
    cell: str,
    dtype: str,
    sequences: Any,
    states: list[Any],
    weights: list[Any],
    mask: Any,
    dropout: Any,
    **options: Any,
) -> tuple[Any, list[Any], str]:
    """Run a cell's kernels over all time steps, where nothing hinders.

    Args:
        cell: one of `seqvision.native.core.CELLS`.
        dtype: that of its products: states, gates and sums have float32's digits.
        sequences, states, weights, mask, dropout, options: as a binding's `run` takes them.

    Returns:
        The states after each step, the last ones, and how it was done.
    """
    in_bfloat16 = dtype == "bfloat16"
    if in_bfloat16:
        sequences, states, dropout, weights = tree.map_structure(
            _exact, (sequences, states, dropout, weights)
        )
    mask = None if mask is None else ops.cast(mask, "bool")
    outputs, last = _binding().run(
        cell, sequences, states, weights, mask, dropout, in_bfloat16=in_bfloat16, **options
    )
    threads = max(1, core.threads() // layers_at_once())
    how = f"{core.processor()}, {threads} thread{'s' if threads > 1 else ''}"
    if in_bfloat16 and not core.multiplies_in_bfloat16(cell):
        how += ", products in float32"
    return outputs, last, how


def _exact(tensor: Any) -> Any:
    return None if tensor is None else ops.cast(tensor, "float32")


def _binding() -> Any:
    return import_module(f"seqvision.native.on_{keras.backend.backend()}")


def _cell(step: Step) -> str:
    if isinstance(step, SimpleRNNStep):
        return "relu_rnn" if step.relu else "tanh_rnn"
    return {GRUStep: "gru", GRUResetBeforeStep: "gru_reset_before", LSTMStep: "lstm"}[type(step)]


def _portable(
    layer: Any,
    step: Step,
    mask: Any,
    dropout: Any,
    x: Any,
    first: list[Any],
    weights: list[Any],
) -> tuple[Any, list[Any]]:
    """The same in the backend's operations, which have gradients of any order."""
    kernel, recurrent_kernel, bias, recurrent_bias = weights
    if recurrent_bias is not None:
        bias = ops.stack([bias, recurrent_bias])
    given = x, first, mask, None, dropout
    outputs, last = over_time(layer, _loop(step), [kernel, recurrent_kernel, bias], *given)
    return ops.transpose(outputs, (1, 0, 2)), last


def _loop(step: Step) -> Any:
    if keras.backend.backend() == "tensorflow":
        from seqvision.layers.engine.graph import Graph
        from seqvision.layers.engine.on_tensorflow import run

        return partial(run, step, Graph(unrolled=False, exported=True))
    if keras.backend.backend() == "jax":
        from seqvision.layers.engine.on_jax import run

        return partial(run, step, False)

    def loop_over(given: Any) -> tuple[Any, list[Any]]:
        outputs, last, *_ = forward(step, one_by_one, given)
        return outputs, last

    return loop_over
