"""A long convolution as one operation in C++, on a CPU."""

from importlib import import_module
from typing import Any

import keras
from keras import ops

from seqvision.layers.engine.native import hindrance_here
from seqvision.layers.own_gradient import with_gradient


def applies(x: Any, training: bool) -> bool:
    """Whether it can be computed so here.

    Args:
        x: as of `convolution`.
        training: whether the call is one in training.
    """
    return hindrance_here(keras.backend.standardize_dtype(x.dtype), x, training) is None


def convolution(x: Any, kernel: Any) -> Any:
    """Return y with y(t) = Σ k(s) ∘ x(t − s) over s from 0 to t.

    Nothing is kept for its gradient but what it is given.

    Args:
        x: `(batch, steps, features)`, in float32.
        kernel: k, `(steps, features)`.
    """

    def forward(x: Any, kernel: Any) -> list[Any]:
        return [_binding().convolution(x, kernel)]

    def backward(given: Any, _: Any, above: Any) -> Any:
        x, kernel = given
        return _gradients(x, kernel, above[0])

    (y,) = with_gradient(forward, backward, x, kernel)
    return y


def _gradients(x: Any, kernel: Any, d_y: Any) -> Any:
    """Those of x and of the kernel; theirs are made of the same convolution and its gradients."""

    def forward(x: Any, kernel: Any, d_y: Any) -> list[Any]:
        d_x, d_kernel = _binding().convolution_gradient(x, kernel, d_y)
        return [d_x, ops.sum(d_kernel, axis=0)]

    def backward(given: Any, _: Any, above: Any) -> list[Any]:
        x, kernel, d_y = given
        of_x, of_kernel = above  # Beside d_y they stand where x and the kernel do.
        d_x, _ = _gradients(x, of_kernel, d_y)
        _, d_kernel = _gradients(of_x, kernel, d_y)
        return [d_x, d_kernel, convolution(of_x, kernel) + convolution(x, of_kernel)]

    return with_gradient(forward, backward, x, kernel, d_y)


def _binding() -> Any:
    return import_module(f"seqvision.native.on_{keras.backend.backend()}")
