"""The core as operations of TensorFlow: a layer, recurrences and a convolution, with gradients."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import tensorflow as tf

from seqvision.cores import layers_at_once
from seqvision.native import core
from seqvision.native.build import CannotBuild
from seqvision.native.cache import binding
from seqvision.privates import is_compiled_by_xla


def hindrance(sequences: Any) -> str | None:
    """Why there is no such operation here, or not in the graph that is being made."""
    if is_compiled_by_xla():
        return "XLA compiles the graph"
    return cannot_bind()


def cannot_bind() -> str | None:
    """Why there is no such operation in this process."""
    if tf.config.get_visible_devices("GPU"):  # Hidden ones do not count.
        return "there is a GPU"
    return core.hindrance(_operations)


@lru_cache(1)
def _operations() -> Any:
    core.load()
    path = binding("tensorflow")
    try:
        return tf.load_op_library(str(path))
    except tf.errors.OpError as error:
        raise CannotBuild(f"{path.name}: {error.message}") from None


def run(
    cell: str,
    x: tf.Tensor,
    first: Sequence[tf.Tensor],
    weights: Sequence[tf.Tensor | None],
    mask: tf.Tensor | None,
    dropout: tf.Tensor | None,
    *,
    go_backwards: bool,
    in_bfloat16: bool,
    every: bool,
    keep: bool,
    portable: Callable[..., tuple[tf.Tensor, list[tf.Tensor]]],
) -> tuple[tf.Tensor | None, list[tf.Tensor]]:
    """Run a layer over all time steps.

    Args:
        cell: one of `core.CELLS`.
        x: `(batch, steps, features)`, float32.
        first: the states before all steps, each `(batch, units)`.
        weights: the kernel, the recurrent kernel, the bias and the recurrent bias; a bias may be
            None.
        mask: `(batch, steps)`.
        dropout: factors of the state within its product, `(batch, units)`.
        in_bfloat16: whether to multiply in it, where the processor can; all else is float32.
        every: whether the states after each step are wanted.
        keep: whether to keep what a gradient needs; without it the gradient computes it anew.
        portable: computes the same from `x`, `first` and `weights` by operations that have
            gradients; the gradient of the gradient is taken from it.

    Returns:
        The states after each step `(batch, steps, units)`, in the order of reading, and the last
        ones.
    """
    # Variables are read here: a gradient function is to be given tensors only.
    given = [tf.convert_to_tensor(w) for w in (x, *first, *weights) if w is not None]
    options = {"cell": core.CELLS[cell], "go_backwards": go_backwards, "in_bfloat16": in_bfloat16}
    options["at_once"] = layers_at_once()
    return _Layer(options, len(first), weights, mask, dropout, every, keep, portable)(*given)


def recurrence(
    a: Sequence[tf.Tensor], b: Sequence[tf.Tensor], first: Sequence[tf.Tensor], reverse: bool
) -> list[tf.Tensor]:
    """A linear recurrence, without a gradient of its own.

    Args:
        a: one tensor of real numbers, or two, the real and imaginary parts; so of all. As b, or
            with 1 for the batch or the steps.
        b: `(batch, steps, size)`.
        first: `(batch, size)`.
        reverse: whether the last step comes first.

    Returns:
        h, `(batch, steps, size)`.
    """
    return _operations().seqvision_recurrence(a, b, first, reverse=reverse)


def recurrence_gradient(
    a: Sequence[tf.Tensor],
    h: Sequence[tf.Tensor],
    first: Sequence[tf.Tensor],
    d_h: Sequence[tf.Tensor],
    reverse: bool,
) -> tuple[list[tf.Tensor], list[tf.Tensor], list[tf.Tensor]]:
    """The gradients of a, b and first, from that of h.

    That of an a with 1 for the batch is still to be added up over it.
    """
    return _operations().seqvision_recurrence_gradient(a, h, first, d_h, reverse=reverse)


def scan(*given: tf.Tensor) -> list[tf.Tensor]:
    """A selective scan, without a gradient of its own.

    Args:
        given: x, Δ, a, b, c and the first h, as of `selective_scan`.

    Returns:
        y, the last h, and what the way back needs, `(batch, …)`.
    """
    return list(_operations().seqvision_scan(*given))


def scan_gradient(*given: tf.Tensor) -> list[tf.Tensor]:
    """The gradients of what `scan` was given, that of a still to be added up over the batch.

    Args:
        given: the same, what the way back needs, and the gradients of y and the last h.
    """
    return list(_operations().seqvision_scan_gradient(*given))


def convolution(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """A causal convolution of each feature by itself, without a gradient of its own.

    Args:
        x: `(batch, steps, features)`.
        kernel: `(steps, features)`.

    Returns:
        y, as x.
    """
    return _operations().seqvision_convolution(x, kernel)


def convolution_gradient(
    x: tf.Tensor, kernel: tf.Tensor, d_y: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The gradients of x and of the kernel, from that of y.

    That of the kernel is still to be added up over its first axis.
    """
    return _operations().seqvision_convolution_gradient(x, kernel, d_y)


class _Layer:
    """A call of the operation, and its gradients.

    Its tensors are flat: `x`, the first states, and the weights that there are.
    """

    def __init__(
        self,
        options: dict[str, Any],
        states: int,
        weights: Sequence[Any],
        mask: Any,
        dropout: Any,
        every: bool,
        keep: bool,
        portable: Callable[..., Any],
    ):
        self.states, self.every, self.keep, self.portable = states, every, keep, portable
        self.there = [weight is not None for weight in weights]
        self.none = tf.zeros([0], tf.float32)
        self.fixed = [tf.zeros([0], tf.bool) if mask is None else mask]
        self.fixed.append(self.none if dropout is None else dropout)
        self.options = options

    def __call__(self, *tensors: Any) -> tuple[Any, list[Any]]:
        @tf.custom_gradient
        def layer(*tensors: Any) -> Any:
            outputs, last, saved = self.forward(tensors, self.every or self.keep, self.keep)

            def gradient(*upstream: Any) -> Any:
                kept = (outputs, saved)
                if not self.keep:
                    again, _, saved_now = self.forward(tensors, True, True)
                    kept = again, saved_now
                return self.gradient(tensors, upstream, kept)

            return [outputs, *last] if self.every else [*last], gradient

        results = tf.nest.flatten(layer(*tensors))
        return results.pop(0) if self.every else None, results

    def forward(self, tensors: Sequence[Any], every: bool, keep: bool) -> Any:
        """The outputs, the last states, and what is kept."""
        return _operations().seqvision_layer(
            *self.arguments(tensors), *self.fixed, every=every, keep=keep, **self.options
        )

    def gradient(self, tensors: Sequence[Any], upstream: Sequence[Any], kept: Any) -> Any:
        """The gradients of `tensors`, from those of the results."""

        @tf.custom_gradient
        def first(*both: Any) -> Any:
            given, above = both[: len(tensors)], both[len(tensors) :]
            d_outputs, d_last = (above[0], above[1:]) if self.every else (self.none, above)
            d_x, d_first, *d_weights = _operations().seqvision_layer_gradient(
                *self.arguments(given), *self.fixed, *kept, d_outputs, list(d_last), **self.options
            )
            d_there = [d for d, there in zip(d_weights, self.there, strict=True) if there]

            def second(*d: Any) -> Any:
                return self.second_gradient(given, above, d)

            return [d_x, *d_first, *d_there], second

        return first(*tensors, *upstream)

    def second_gradient(self, given: Any, above: Any, d: Any) -> Any:
        """From the gradients of the gradients to those of what they were computed from."""
        x, first, *weights = self.arguments(given)
        weights = [w if there else None for w, there in zip(weights, self.there, strict=True)]
        with tf.GradientTape() as outer:
            outer.watch([*given, *above])
            with tf.GradientTape() as inner:
                inner.watch(given)
                outputs, last = self.portable(x, first, weights)
            results = [outputs, *last] if self.every else last
            none = tf.UnconnectedGradients.ZERO
            gradients = inner.gradient(results, given, list(above), none)
        return outer.gradient(gradients, [*given, *above], list(d), none)

    def arguments(self, tensors: Sequence[Any]) -> list[Any]:
        """The same as the operation takes them: what is not there has no elements."""
        weights = iter(tensors[1 + self.states :])
        filled = [next(weights) if there else self.none for there in self.there]
        return [tensors[0], list(tensors[1 : 1 + self.states]), *filled]
