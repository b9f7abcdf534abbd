"""A causal convolution with a kernel as long as the sequence, by Fourier transforms."""

from typing import Any

from keras import ops

from seqvision.layers.precision import full


def long_convolution(sequence: Any, kernel: Any) -> Any:
    """Return y with y(t) = Σ k(s) ∘ x(t − s) over s from 0 to t.

    It takes time · log(time) operations. Both are filled up with zeros to twice their length, so
    that the end does not come round to the beginning. All is computed in float32 at least: products
    of sums over all of a sequence need the digits.

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

    def transformed(values: Any) -> tuple[Any, Any]:
        values = ops.cast(values, dtype)
        sides = [[0, 0]] * (len(values.shape) - 1) + [[0, length - steps]]
        return ops.rfft(ops.pad(values, sides))

    (x, x_i), (k, k_i) = transformed(ops.transpose(sequence, (0, 2, 1))), transformed(kernel)
    product = x * k - x_i * k_i, x * k_i + x_i * k
    y = ops.irfft(product, fft_length=length)[:, :, :steps]
    return ops.transpose(y, (0, 2, 1))
