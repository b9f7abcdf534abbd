"""A causal convolution with a kernel as long as the sequence, by Fourier transforms."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from seqvision.layers import long_convolution_native
from seqvision.layers.own_gradient import with_gradient
from seqvision.layers.precision import full


def long_convolution(sequence: Any, kernel: Any, training: bool = False) -> Any:
    """Return y with y(t) = Σ k(s) ∘ x(t − s) over s from 0 to t.

    It takes time · log(time) operations. All is computed in float32 at least: products of sums over
    all of a sequence need the digits. So is the gradient.

    On a CPU it is one operation in C++ (`seqvision.layers.long_convolution_native`), but not in a
    graph that other libraries are to run. Elsewhere both are filled up with zeros to twice their
    length, so that the end does not come round to the beginning, and the transforms of both are
    kept for the gradient; what frameworks make of the gradients of transforms takes longer.

    Args:
        sequence: x, `(batch, steps, features)`; the number of steps need not be known.
        kernel: k, `(features, steps)`; if x is one feature, of any number of features that all read
            it.
        training: whether the call is one in training, which no graph that is exported has.

    Returns:
        y, `(batch, steps, features)`, in float32, or in float64 if that was given.
    """
    dtype = full(sequence.dtype)
    sequence, kernel = ops.cast(sequence, dtype), ops.cast(kernel, dtype)
    if long_convolution_native.applies(sequence, training):
        if sequence.shape[-1] != kernel.shape[0]:
            shape = (*ops.shape(sequence)[:2], kernel.shape[0])
            sequence = ops.broadcast_to(sequence, shape)
        return long_convolution_native.convolution(sequence, ops.transpose(kernel))
    return _by_transforms(sequence, kernel)


def _by_transforms(sequence: Any, kernel: Any) -> Any:
    from scipy.fft import next_fast_len  # Registered layers are imported with Keras, always.

    steps = ops.shape(sequence)[1]
    length = next_fast_len(2 * steps, real=True) if isinstance(steps, int) else 2 * steps

    fourier = _FOURIER[keras.backend.backend()]()

    def back(transform: Any) -> Any:
        return fourier.inverse(transform, length)[..., :steps]

    def forward(x: Any, k: Any) -> list[Any]:
        x, k = fourier.transform(x, length), fourier.transform(k, length)
        return [back(x * k), x, k]

    def backward(given: Any, results: Any, above: Any) -> list[Any]:
        _, x, k = results
        d_y = fourier.transform(above[0], length)
        d_x, d_k = fourier.conjugate(k) * d_y, fourier.conjugate(x) * d_y
        if given[0].shape[1] == 1:
            d_x = fourier.sum(d_x, 1, True)
        return [back(d_x), back(fourier.sum(d_k, 0))]

    rows = ops.transpose(sequence, (0, 2, 1))
    (y,) = with_gradient(forward, backward, rows, kernel, kept=2)
    return ops.transpose(y, (0, 2, 1))


class _Fourier(NamedTuple):
    """Of real rows, filled up with zeros to a length, by complex tensors of a backend.

    Those of `keras.ops` are pairs of real ones, which are put together for each transform and taken
    apart again after it: a quarter of the time of a convolution on TensorFlow.
    """

    transform: Callable[[Any, Any], Any]
    inverse: Callable[[Any, Any], Any]
    conjugate: Callable[[Any], Any]
    sum: Callable[..., Any]
    """Over an axis, which stays if a third argument says so."""


def _of_tensorflow() -> _Fourier:
    import tensorflow as tf

    return _Fourier(
        lambda rows, length: tf.signal.rfft(rows, [length]),
        lambda rows, length: tf.signal.irfft(rows, [length]),
        tf.math.conj,
        tf.reduce_sum,
    )


def _of_jax() -> _Fourier:
    import jax.numpy as jnp  # pyright: ignore[reportMissingImports]

    def total(rows: Any, axis: int, keepdims: bool = False) -> Any:
        return jnp.sum(rows, axis, keepdims=keepdims)

    return _Fourier(jnp.fft.rfft, jnp.fft.irfft, jnp.conj, total)


def _of_torch() -> _Fourier:
    import torch  # pyright: ignore[reportMissingImports]

    return _Fourier(torch.fft.rfft, torch.fft.irfft, torch.conj, torch.sum)


_FOURIER = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}
