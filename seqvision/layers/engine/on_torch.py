"""PyTorch's own recurrent kernels, with Keras's weights in their order.

On a GPU Keras calls them itself, but not where there is a mask: then it loops in Python, at a
hundred times the cost (a GRU or LSTM of 128 units, 64 series of up to 400 steps on an H200: 700 ms
a step of training, and 8 without a mask). On a CPU its LSTM is oneDNN's, all time steps in one
call; its GRU and plain network are loops in C++. Where sequences end before the others of their
batch, the kernels read on in the padding, and what they say at each end is taken. PyTorch's packed
sequences, which leave the padding out, are for where that does not do: a step of training on them
takes up to four times as long (an LSTM of 128 units, 64 series of 90 to 100 steps, one thread: 133
ms in place of 33).
"""

from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from keras import ops
from torch.nn.utils import rnn  # pyright: ignore[reportMissingImports]

from seqvision.layers.engine.choice import dropout_within
from seqvision.layers.engine.steps import GRUResetBeforeStep, GRUStep, LSTMStep, SimpleRNNStep, Step

NAME = "engine"


def hindrance(layer: Any, step: Step, sequences: Any, mask: Any, training: bool) -> str | None:
    """Why the engine does not apply."""
    if reason := dropout_within(layer.cell, training):
        return reason
    if layer.unroll:
        return "unroll is True"
    if isinstance(step, GRUResetBeforeStep):
        return "PyTorch's GRU resets after the product"
    if mask is not None and bool((mask[:, 1:] > mask[:, :-1]).any()):
        return "the mask hides steps before others that it does not"
    return None


def slower_than_keras(step: Step, sequences: Any, mask: Any) -> str | None:
    """Why Keras's loop, which is cuDNN on a GPU where there is no mask, is faster."""
    if sequences.device.type == "cpu" or mask is not None:
        return None
    return f"the device is {sequences.device}"


def run_layer(layer: Any, step: Step, given: Any, training: bool) -> tuple[Any, str]:
    """Run a layer over all time steps; return what `inner_loop` does, and how it was done."""
    sequences, states, mask, *_ = given
    lengths = None if mask is None else mask.sum(dim=1)
    if layer.go_backwards:
        sequences = _turned(sequences, lengths)
    first = [ops.cast(state, sequences.dtype)[None].contiguous() for state in states]
    options = layer.cell.bias is not None, 1, 0.0, torch.is_grad_enabled(), False
    kernel, weights = _kernel(step), _weights(layer.cell, step)
    # What is read of padding would be lost or, by a ReLU network, could grow beyond all numbers.
    wants_states = layer.return_state or layer.stateful
    packs = wants_states if isinstance(step, LSTMStep) else kernel is torch.rnn_relu
    how = "PyTorch's own kernel"
    if lengths is not None and packs:
        every, last = _packed(kernel, sequences, lengths, first, weights, options)
        how += ", packed"
    else:
        hidden = first if isinstance(step, LSTMStep) else first[0]
        every, *last = kernel(sequences, hidden, weights, *options, True)
    last = [state[0] for state in last]
    if lengths is not None:
        return _ended(layer, every, last, [state[0] for state in first], lengths), how
    every = every if layer.return_sequences else last[0][:, None]
    return (last[0], every, last), how


def _kernel(step: Step) -> Any:
    if isinstance(step, LSTMStep):
        return torch.lstm
    if isinstance(step, GRUStep):
        return torch.gru
    assert isinstance(step, SimpleRNNStep)
    return torch.rnn_relu if step.relu else torch.rnn_tanh


def _weights(cell: Any, step: Step) -> list[Any]:
    """Keras's weights as PyTorch has them: transposed, and of a GRU r, z, c in place of z, r, c."""
    weights = [ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel)]
    if cell.bias is not None:
        bias = ops.convert_to_tensor(cell.bias)
        weights += bias if bias.ndim == 2 else [bias, torch.zeros_like(bias)]
    if isinstance(step, GRUStep):
        weights = [_swapped(weight) for weight in weights]
    return [weight.T.contiguous() if weight.ndim == 2 else weight for weight in weights]


def _swapped(weight: Any) -> Any:
    z, r, c = torch.chunk(weight, 3, dim=-1)
    return torch.cat([r, z, c], dim=-1)


def _turned(sequences: Any, lengths: Any) -> Any:
    """Sequences `(batch, time, features)`, each from its last step to its first, then padding."""
    if lengths is None:
        return torch.flip(sequences, [1])
    steps = torch.arange(sequences.shape[1], device=sequences.device)
    ends = lengths[:, None]
    places = torch.where(steps < ends, ends - 1 - steps, steps)
    return torch.take_along_dim(sequences, places[:, :, None], dim=1)


def _packed(
    kernel: Any, sequences: Any, lengths: Any, first: list[Any], weights: list[Any], options: Any
) -> tuple[Any, list[Any]]:
    """Run a kernel over the steps before each end; return the outputs, padded, and last states."""
    # PyTorch packs no sequence of no steps; of such a one a step is read for nothing.
    packed = rnn.pack_padded_sequence(
        sequences, lengths.clamp(min=1).cpu(), True, enforce_sorted=False
    )
    first = [state[:, packed.sorted_indices] for state in first]
    hidden = first if kernel is torch.lstm else first[0]
    data, *last = kernel(packed.data, packed.batch_sizes, hidden, weights, *options)
    every, _ = rnn.pad_packed_sequence(
        packed._replace(data=data), batch_first=True, total_length=sequences.shape[1]
    )
    return every, [state[:, packed.unsorted_indices] for state in last]


def _ended(layer: Any, every: Any, last: list[Any], first: list[Any], lengths: Any) -> Any:
    """What `inner_loop` returns of sequences that ended before their padding.

    Args:
        every: the outputs `(batch, time, units)`, in the order of reading, padding last.
        last, first: the states after all and before all, each `(batch, units)`. Of an LSTM the
            second of the last ones is right if it was packed.
        lengths: `(batch,)`, of which some may be 0.
    """
    ends = lengths[:, None]
    at_end = torch.take_along_dim(every, (ends - 1).clamp(min=0)[:, :, None], dim=1)[:, 0]
    last = [
        torch.where(ends > 0, new, old) for new, old in zip([at_end, *last[1:]], first, strict=True)
    ]
    time = every.shape[1]
    steps = torch.arange(time, device=every.device)
    steps = steps if layer.return_sequences else steps[-1:]
    if layer.go_backwards:  # Padding is met first: until it is over the outputs are zeros.
        places = steps - (time - ends)
        shown = places >= 0
    else:  # It repeats the last output, unless it is to be zeros.
        places = torch.minimum(steps, ends - 1)
        shown = steps < ends if layer.zero_output_for_mask else (ends > 0).expand(places.shape)
    every = torch.take_along_dim(every, places.clamp(min=0)[:, :, None], dim=1)
    every = torch.where(shown[:, :, None], every, torch.zeros_like(every))
    return every[:, -1], every, last
