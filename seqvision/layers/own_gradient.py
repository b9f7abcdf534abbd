"""A function of tensors with a gradient of its own, on every backend.

`keras.ops.custom_gradient` takes functions of one result only, and its gradient of a gradient is
wrong on PyTorch, where what a gradient takes from the way forward counts as constant.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras

Forward = Callable[..., Sequence[Any]]
"""From tensors to tensors."""
Backward = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]
"""From what was given, what came of it, and the gradients of that, to those of what was given."""


def with_gradient(forward: Forward, backward: Backward, *given: Any) -> list[Any]:
    """Return `forward(*given)`, of which the gradient is `backward`.

    Nothing is kept for the way back but what was given and what came of it.

    Args:
        forward, backward: made of `keras.ops`, and of no variables but what they are given.
        given: tensors of floating-point numbers.
    """
    return list(_ON[keras.backend.backend()](forward, backward, given))


def _on_tensorflow(forward: Forward, backward: Backward, given: Sequence[Any]) -> Sequence[Any]:
    import tensorflow as tf

    @tf.custom_gradient
    def run(*given: Any) -> Any:
        # Those that `forward` returns have its own operations' gradients, if these have any.
        return list(forward(*given)), lambda *above: backward(given, results, above)

    results = run(*map(tf.convert_to_tensor, given))
    return results


def _on_jax(forward: Forward, backward: Backward, given: Sequence[Any]) -> Sequence[Any]:
    import jax  # pyright: ignore[reportMissingImports]

    @jax.custom_vjp
    def run(*given: Any) -> Any:
        return list(forward(*given))

    def run_and_keep(*given: Any) -> Any:
        results = run(*given)
        return results, (given, results)

    run.defvjp(run_and_keep, lambda kept, above: tuple(backward(kept[0], kept[1], above)))
    return run(*given)


def _on_torch(forward: Forward, backward: Backward, given: Sequence[Any]) -> Sequence[Any]:
    import torch  # pyright: ignore[reportMissingImports]

    class Run(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *given: Any) -> Any:
            results = tuple(forward(*given))
            ctx.given = len(given)
            ctx.save_for_backward(*given, *results)
            return results

        @staticmethod
        def backward(ctx: Any, *above: Any) -> Any:
            kept = ctx.saved_tensors
            return tuple(backward(kept[: ctx.given], kept[ctx.given :], above))

    return Run.apply(*given)


_ON = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}
