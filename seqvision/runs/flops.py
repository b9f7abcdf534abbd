"""How much arithmetic a model does for one image."""

import math
from typing import Any

import keras


def flops_per_image(model: keras.Model) -> int:
    """Count the floating-point operations of a model's matrix products and convolutions.

    A multiplication and an addition are two operations. A recurrent layer uses a
    kernel once for each time step (a convolution once for each position in it), any other layer
    once for each position of its output. Elementwise work, a few percent, is left out.
    """
    return sum(_flops(layer) for layer in model.layers)


def _flops(layer: Any) -> int:
    # Biases and norms have one axis, a GRU's two biases (2, n): neither is a product.
    kernels = [w for w in layer.weights if len(w.shape) >= 2 and "bias" not in w.name]
    if not kernels:
        return 0
    recurrent = isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional))
    # The steps, and the positions in each where the layer convolves.
    places = layer.input.shape[1:-1] if recurrent else layer.output.shape[1:-1]
    times = math.prod(n for n in places if n)
    return sum(2 * math.prod(kernel.shape) for kernel in kernels) * times
