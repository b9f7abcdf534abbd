"""Calls of the core's C interface with NumPy's arrays, and random ones to call it with."""

import ctypes

import numpy as np

from seqvision.native import core
from seqvision.native.build import processors

GATES = {"tanh_rnn": 1, "relu_rnn": 1, "gru": 3, "gru_reset_before": 3, "lstm": 4}
GATES |= {"min_gru": 2, "min_lstm": 3}


def available():
    """The kinds of processor that this one is."""
    best = core.processor()
    there = [name for name in processors() if core.choose_processor(name)]
    core.choose_processor(best)
    return there


def pointer(array):
    return None if array is None else array.ctypes.data


def pointers(arrays):
    return (ctypes.c_void_p * 2)(*[*map(pointer, arrays), None][:2])


def forward(
    cell, x, first, weights, mask=None, dropout=None, backwards=False, threads=1, in_bfloat16=False
):
    """The layer, its outputs, its last states and what it kept."""
    batch, steps, features = x.shape
    units = weights[1].shape[0]
    layer = core.Layer(
        cell=core.CELLS[cell],
        threads=threads,
        go_backwards=backwards,
        in_bfloat16=in_bfloat16,
        batch=batch,
        steps=steps,
        features=features,
        units=units,
        x=pointer(x),
        first=pointers(first),
        kernel=pointer(weights[0]),
        recurrent_kernel=pointer(weights[1]),
        bias=pointer(weights[2]),
        recurrent_bias=pointer(weights[3]),
        mask=pointer(mask),
        dropout=pointer(dropout),
    )
    every = np.full((batch, steps, units), np.nan, "float32")
    last = [np.full((batch, units), np.nan, "float32") for _ in first]
    saved = np.empty(core.load().sv_saved_size(ctypes.byref(layer)), "float32")
    core.load().sv_forward(ctypes.byref(layer), pointer(every), pointers(last), pointer(saved))
    return layer, every, last, saved


def backward(made, x, first, weights, d_every, d_last):
    """The gradients of x, the first states and the weights, None where there is no weight."""
    layer, every, _, saved = made
    found = [None if a is None else np.full_like(a, np.nan) for a in (x, *first, *weights)]
    d_first, d_weights = found[1 : 1 + len(first)], found[1 + len(first) :]
    gradients = core.Gradients(
        pointer(every),
        pointer(saved),
        pointer(d_every),
        pointers(d_last),
        pointer(found[0]),
        pointers(d_first),
        *map(pointer, d_weights),
    )
    core.load().sv_backward(ctypes.byref(layer), ctypes.byref(gradients))
    return found


def problem(cell, batch, steps, features, units, seed, biases=True, masked=False, drops=False):
    """Random numbers for a layer: x, the first states, weights, mask and dropout."""
    generator = np.random.default_rng(seed)

    def normal(*shape, scale=1.0):
        return (scale * generator.normal(size=shape)).astype("float32")

    columns = GATES[cell] * units
    first = [normal(batch, units) for _ in range(2 if cell == "lstm" else 1)]
    # Small enough that a ReLU does not grow beyond what float32 can tell apart.
    weights = [normal(features, columns, scale=0.3), normal(units, columns, scale=units**-0.5)]
    if cell.startswith("min_"):
        weights[1] = weights[1][:, :0]
    weights.append(normal(columns) if biases else None)
    weights.append(normal(columns) if biases and cell == "gru" else None)
    mask = generator.random((batch, steps)) < 0.7 if masked else None
    dropout = (1.25 * (generator.random((batch, units)) < 0.8)).astype("float32")
    return normal(batch, steps, features), first, weights, mask, dropout if drops else None


def everything(cell, given, threads, in_bfloat16=False):
    """All numbers of a call, in bytes."""
    x, first, weights, mask, dropout = given
    made = forward(cell, x, first, weights, mask, dropout, False, threads, in_bfloat16)
    ones = np.ones_like(made[1]), [np.ones_like(f) for f in first]
    gradients = backward(made, x, first, weights, *ones)
    return b"".join(a.tobytes() for a in (made[1], *made[2], *gradients) if a is not None)


def in_a_child(queue):
    queue.put(everything("lstm", problem("lstm", 24, 4, 9, 20, 0), 2))
