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


def with_gradient(
    forward: Forward, backward: Backward, *given: Any, kept: int = 0
) -> Sequence[Any]:
    """Return `forward(*given)`, of which the gradient is `backward`.

    Nothing is kept for the way back but what was given and what came of it.

    Args:
        forward, backward: made of operations of the backend, and of no variables but what they are
            given.
        given: tensors of floating-point numbers.
        kept: how many of the results, the last, are for `backward` alone, which gets no gradients
            of them: they have those of the operations that made them, where a gradient's gradient
            is taken.
    """
    return _ON[keras.backend.backend()](forward, backward, given, kept)


def _on_tensorflow(
    forward: Forward, backward: Backward, given: Sequence[Any], kept: int
) -> Sequence[Any]:
    import tensorflow as tf

    @tf.custom_gradient
    def run(*given: Any) -> Any:
        # These have their own operations' gradients, if they have any; what is returned has not.
        shown, hidden = _parted(forward(*given), kept)
        return shown, lambda *above: backward(given, [*results, *hidden], above)

    results = run(*map(tf.convert_to_tensor, given))
    return results


def _on_jax(forward: Forward, backward: Backward, given: Sequence[Any], kept: int) -> Sequence[Any]:
    import jax  # pyright: ignore[reportMissingImports]

    @jax.custom_vjp
    def run(*given: Any) -> Any:
        return _parted(forward(*given), kept)[0]

    def run_and_keep(*given: Any) -> Any:
        results = run(*given)
        hidden = _parted(forward(*given), kept)[1] if kept else []  # Compiled, it is done once.
        return results, (given, [*results, *hidden])

    run.defvjp(run_and_keep, lambda kept, above: tuple(backward(kept[0], kept[1], above)))
    return run(*given)


def _on_torch(
    forward: Forward, backward: Backward, given: Sequence[Any], kept: int
) -> Sequence[Any]:
    import torch  # pyright: ignore[reportMissingImports]

    class Run(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *given: Any) -> Any:
            results = tuple(forward(*given))
            ctx.save_for_backward(*given, *results)
            ctx.set_materialize_grads(False)
            return results

        @staticmethod
        def backward(ctx: Any, *above: Any) -> Any:
            given = ctx.saved_tensors[: -len(above)]
            results = ctx.saved_tensors[-len(above) :]
            shown, hidden = _parted(above, kept)
            both = zip(shown, results, strict=False)
            shown = [torch.zeros_like(result) if d is None else d for d, result in both]
            found = backward(given, results, shown)
            if all(d is None for d in hidden):  # As ever, but in the gradient of a gradient.
                return tuple(found)

            def in_use(*given: Any) -> list[Any]:
                made = _parted(forward(*given), kept)[1]
                return [part for part, d in zip(made, hidden, strict=True) if d is not None]

            more = vjp(in_use, given, [d for d in hidden if d is not None])
            return tuple(a + b for a, b in zip(found, more, strict=True))

    return _parted(Run.apply(*given), kept)[0]


def _parted(results: Sequence[Any], kept: int) -> tuple[list[Any], list[Any]]:
    results = list(results)
    return results[: len(results) - kept], results[len(results) - kept :]


def vjp(function: Forward, given: Sequence[Any], above: Sequence[Any]) -> list[Any]:
    """The gradients of `given`, from those of `function(*given)`, on every backend."""
    return list(_VJP[keras.backend.backend()](function, given, above))


def _vjp_on_tensorflow(function: Forward, given: Sequence[Any], above: Sequence[Any]) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(given)
        results = list(function(*given))
    return tape.gradient(results, list(given), list(above), tf.UnconnectedGradients.ZERO)


def _vjp_on_jax(function: Forward, given: Sequence[Any], above: Sequence[Any]) -> Any:
    import jax  # pyright: ignore[reportMissingImports]

    _, pull = jax.vjp(lambda *given: list(function(*given)), *given)
    return pull(list(above))


def _vjp_on_torch(function: Forward, given: Sequence[Any], above: Sequence[Any]) -> Any:
    import torch  # pyright: ignore[reportMissingImports]

    inputs = [part.detach().requires_grad_() for part in given]
    with torch.enable_grad():
        results = list(function(*inputs))
    found = torch.autograd.grad(results, inputs, above, allow_unused=True)
    return [torch.zeros_like(p) if d is None else d for p, d in zip(inputs, found, strict=True)]


_VJP = {"tensorflow": _vjp_on_tensorflow, "jax": _vjp_on_jax, "torch": _vjp_on_torch}
_ON = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}
