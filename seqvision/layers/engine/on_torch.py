"""PyTorch's own recurrent kernels, with Keras's weights in their order.

On a CPU its LSTM is oneDNN's, all time steps in one call; its GRU and plain network are loops in
C++.
"""

from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from keras import ops

from seqvision.layers.engine.steps import GRUResetBeforeStep, GRUStep, LSTMStep, SimpleRNNStep, Step

DROPOUT_WITHIN = False
"""Whether it does recurrent dropout, and input dropout with a mask for each gate."""


def hindrance(layer: Any, step: Step, sequences: Any, mask: Any) -> str | None:
    """Why the engine does not apply."""
    if sequences.device.type != "cpu":
        return f"the device is {sequences.device}"
    if layer.unroll:
        return "unroll is True"
    if mask is not None:
        return "there is a mask"
    if isinstance(step, GRUResetBeforeStep):
        return "PyTorch's GRU resets after the product"
    return None


def run_layer(layer: Any, step: Step, given: Any, training: bool) -> tuple[Any, str]:
    """Run a layer over all time steps; return what `inner_loop` does, and how it was done."""
    sequences, states, *_ = given
    cell = layer.cell
    if layer.go_backwards:
        sequences = torch.flip(sequences, [1])
    weights = [ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel)]
    if cell.bias is not None:
        bias = ops.convert_to_tensor(cell.bias)
        weights += bias if bias.ndim == 2 else [bias, torch.zeros_like(bias)]
    if isinstance(step, GRUStep):  # z, r, c to r, z, c.
        weights = [_swapped(weight) for weight in weights]
    # PyTorch's kernels are (gates, inputs).
    weights = [weight.T.contiguous() if weight.ndim == 2 else weight for weight in weights]
    first = [ops.cast(state, sequences.dtype)[None].contiguous() for state in states]
    one_layer = cell.bias is not None, 1, 0.0, torch.is_grad_enabled(), False, True
    if isinstance(step, LSTMStep):
        every, *last = torch.lstm(sequences, first, weights, *one_layer)
    elif isinstance(step, GRUStep):
        every, *last = torch.gru(sequences, first[0], weights, *one_layer)
    else:
        assert isinstance(step, SimpleRNNStep)
        plain = torch.rnn_relu if step.relu else torch.rnn_tanh
        every, *last = plain(sequences, first[0], weights, *one_layer)
    last = [state[0] for state in last]
    every = every if layer.return_sequences else last[0][:, None]
    return (last[0], every, last), "PyTorch's own kernel"


def _swapped(weight: Any) -> Any:
    z, r, c = torch.chunk(weight, 3, dim=-1)
    return torch.cat([r, z, c], dim=-1)
