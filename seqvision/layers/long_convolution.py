"""A causal convolution with a kernel as long as the sequence, by Fourier transforms."""

from typing import Any

from keras import ops

from seqvision.layers.complex_pairs import Pair, times
from seqvision.layers.own_gradient import with_gradient
from seqvision.layers.precision import full


def long_convolution(sequence: Any, kernel: Any) -> Any:
    """Return y with y(t) = Σ k(s) ∘ x(t − s) over s from 0 to t.

    It takes time · log(time) operations. Both are filled up with zeros to twice their length, so
    that the end does not come round to the beginning. All is computed in float32 at least: products
    of sums over all of a sequence need the digits. So is the gradient, in which one transform of
    each is enough; what frameworks make of those of transforms takes longer.

    Args:
        sequence: x, `(batch, steps, features)`; the number of steps need not be known.
        kernel: k, `(features, steps)`; if x is one feature, of any number of features that all read
            it.

    Returns:
        y, `(batch, steps, features)`, in float32, or in float64 if that was given.
    """
    from scipy.fft import next_fast_len  # Registered layers are imported with Keras, always.

    dtype = full(sequence.dtype)
    steps = ops.shape(sequence)[1]
    length = next_fast_len(2 * steps, real=True) if isinstance(steps, int) else 2 * steps

    def transformed(rows: Any) -> Pair:
        sides = [[0, 0]] * (len(rows.shape) - 1) + [[0, length - steps]]
        return ops.rfft(ops.pad(rows, sides))

    def back(transform: Pair) -> Any:
        return ops.irfft(transform, fft_length=length)[..., :steps]

    def forward(x: Any, k: Any) -> list[Any]:
        return [back(times(transformed(x), transformed(k)))]

    def backward(given: Any, _: Any, above: Any) -> list[Any]:
        x, k = (transformed(rows) for rows in given)
        d_y = transformed(above[0])
        d_x = back(times((k[0], -k[1]), d_y))
        if given[0].shape[1] == 1:
            d_x = ops.sum(d_x, axis=1, keepdims=True)
        d_k = times((x[0], -x[1]), d_y)
        return [d_x, back((ops.sum(d_k[0], axis=0), ops.sum(d_k[1], axis=0)))]

    rows = ops.transpose(ops.cast(sequence, dtype), (0, 2, 1))
    (y,) = with_gradient(forward, backward, rows, ops.cast(kernel, dtype))
    return ops.transpose(y, (0, 2, 1))
