"""How much arithmetic a model does for one sample."""

import math
from typing import Any

import keras

from seqvision.layers.mdlstm import MDLSTM
from seqvision.layers.mini_rocket import MiniRocket

_OVER_INPUT = (keras.layers.RNN, keras.layers.Bidirectional, MDLSTM, MiniRocket)
"""Layers that use their kernels at each step or position of what they read."""


def flops_per_image(model: keras.Model, steps: int = 1) -> int:
    """Count the floating-point operations of a model's matrix products and convolutions.

    A multiplication and an addition are two operations. A recurrent layer uses a
    kernel once for each time step (a convolution once for each position in it), any other layer
    once for each position of its output. Elementwise work, a few percent, is left out.

    Args:
        steps: how many there are where the model takes any number.
    """
    steps_of = _steps_of_tensors(model, steps) if None in model.input_shape[1:] else {}
    return sum(_flops(layer, steps_of) for layer in model.layers)


def _steps_of_tensors(model: keras.Model, steps: int) -> dict[int, int]:
    """How many steps each tensor of a model holds, by its `id`, of an input of so many."""
    found = {}
    for layer in model.layers:
        made = steps
        if not isinstance(layer, keras.layers.InputLayer):
            read = _first(layer.input)
            made = found[id(read)]
            if hasattr(layer, "strides"):
                made = layer.compute_output_shape((None, made, read.shape[-1]))[1]
        found[id(_first(layer.output))] = made
    return found


def _flops(layer: Any, steps_of: dict[int, int]) -> int:
    # Biases and norms have one axis, a GRU's two biases (2, n): neither is a product.
    kernels = [w for w in layer.weights if len(w.shape) >= 2 and "bias" not in w.name]
    if not kernels:
        return 0
    # The steps, and the positions in each where the layer convolves.
    tensor = _first(layer.input) if isinstance(layer, _OVER_INPUT) else layer.output
    times = math.prod(steps_of[id(tensor)] if n is None else n for n in tensor.shape[1:-1])
    return sum(2 * math.prod(kernel.shape) for kernel in kernels) * times


def _first(tensors: Any) -> Any:
    """What a layer reads or makes, without a mask that came with it."""
    return keras.tree.flatten(tensors)[0]
