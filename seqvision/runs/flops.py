"""How much arithmetic a model does for one sample."""

import math
from typing import Any

import keras


def flops_per_image(model: keras.Model, steps: int = 1) -> int:
    """Count the floating-point operations of a model's matrix products and convolutions.

    A multiplication and an addition are two operations. A recurrent layer uses a
    kernel once for each time step (a convolution once for each position in it), any other layer
    once for each position of its output. Elementwise work, a few percent, is left out.

    Args:
        steps: how many there are where the model takes any number.
    """
    return sum(_flops(layer, steps) for layer in model.layers)


def _flops(layer: Any, steps: int) -> int:
    # Biases and norms have one axis, a GRU's two biases (2, n): neither is a product.
    kernels = [w for w in layer.weights if len(w.shape) >= 2 and "bias" not in w.name]
    if not kernels:
        return 0
    recurrent = isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional))
    # The steps, and the positions in each where the layer convolves.
    places = _first(layer.input).shape[1:-1] if recurrent else layer.output.shape[1:-1]
    times = math.prod(steps if n is None else n for n in places)
    return sum(2 * math.prod(kernel.shape) for kernel in kernels) * times


def _first(inputs: Any) -> Any:
    """What a layer reads, without a mask that came with it."""
    return keras.tree.flatten(inputs)[0]
