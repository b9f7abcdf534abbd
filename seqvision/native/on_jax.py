"""The core as custom calls of XLA: a layer, recurrences and a convolution, with gradients."""

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, cast

import jax  # pyright: ignore[reportMissingImports]
import jax.numpy as jnp  # pyright: ignore[reportMissingImports]
import numpy as np

from seqvision.native import core
from seqvision.native.build import CannotBuild
from seqvision.native.cache import binding


def hindrance(sequences: Any) -> str | None:
    """Why there is no such operation here, or not in what is being traced."""
    if not all(isinstance(size, int) for size in sequences.shape):
        return "the program may be exported"
    return cannot_bind()


def cannot_bind() -> str | None:
    """Why there is no such operation in this process."""
    if jax.default_backend() != "cpu":
        return f"there is a {jax.default_backend().upper()}"
    if jax.device_count() > 1:  # XLA cannot cut such a call: each would compute the whole batch.
        return "JAX takes the processor for several devices"
    return core.hindrance(_register)


@lru_cache(1)
def _register() -> None:
    core.load()
    path = binding("jax")
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise CannotBuild(f"{path.name}: {error}") from None
    for name in ("layer", "recurrence", "scan", "convolution"):
        for each in (f"seqvision_{name}", f"seqvision_{name}_gradient"):
            call = jax.ffi.pycapsule(getattr(loaded, each))
            jax.ffi.register_ffi_target(each, call, platform="cpu")


def run(
    cell: str,
    x: Any,
    first: Sequence[Any],
    weights: Sequence[Any],
    mask: Any,
    dropout: Any,
    *,
    go_backwards: bool,
    in_bfloat16: bool,
    every: bool,
    keep: bool,
    portable: Callable[..., Any],
) -> tuple[Any, list[Any]]:
    """Run a layer over all time steps; arguments and results are those of `on_tensorflow.run`.

    `keep` says nothing here: JAX tells by itself whether a gradient is asked for.
    """
    call = core.Call(cell, go_backwards, in_bfloat16, every, portable)
    outputs, last = cast(Any, _layer)(call, (x, list(first), list(weights)), (mask, dropout))
    return outputs, list(last)


def recurrence(
    a: Sequence[Any], b: Sequence[Any], first: Sequence[Any], reverse: bool
) -> list[Any]:
    """A linear recurrence; arguments and result are those of `on_tensorflow.recurrence`."""
    shapes = [part.shape for part in b]
    return _recurrence("seqvision_recurrence", shapes, reverse, a, b, first)


def recurrence_gradient(
    a: Sequence[Any], h: Sequence[Any], first: Sequence[Any], d_h: Sequence[Any], reverse: bool
) -> tuple[list[Any], list[Any], list[Any]]:
    """Its gradient; arguments and results are those of `on_tensorflow.recurrence_gradient`."""
    n, (batch, _, size) = len(h), h[0].shape
    d_a = (batch, a[0].shape[1], size)
    shapes = [d_a] * n + [part.shape for part in (*h, *first)]
    found = _recurrence("seqvision_recurrence_gradient", shapes, reverse, a, h, first, d_h)
    return found[:n], found[n : 2 * n], found[2 * n :]


def scan(*given: Any) -> list[Any]:
    """A selective scan; arguments and results are those of `on_tensorflow.scan`."""
    x, _, _, _, _, first = given
    kept = (x.shape[0], -(-x.shape[1] // core.SCAN_CHUNK) * first.shape[1])
    return _call("seqvision_scan", [x.shape, first.shape, kept], given)


def scan_gradient(*given: Any) -> list[Any]:
    """Its gradient; arguments and results are those of `on_tensorflow.scan_gradient`."""
    shapes = [part.shape for part in given[:6]]
    shapes[2] = (given[0].shape[0], *shapes[2])  # Of each sample.
    return _call("seqvision_scan_gradient", shapes, given)


def convolution(x: Any, kernel: Any) -> Any:
    """A long convolution; arguments and result are those of `on_tensorflow.convolution`."""
    return _call("seqvision_convolution", [x.shape], (x, kernel))[0]


def convolution_gradient(x: Any, kernel: Any, d_y: Any) -> tuple[Any, Any]:
    """Its gradient; arguments and results are those of `on_tensorflow.convolution_gradient`."""
    chunks = (-(-x.shape[0] // core.CONVOLUTION_CHUNK), *x.shape[1:])
    d_x, d_kernel = _call("seqvision_convolution_gradient", [x.shape, chunks], (x, kernel, d_y))
    return d_x, d_kernel


def _call(name: str, shapes: Any, given: Sequence[Any]) -> list[Any]:
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    return list(cast(Any, jax.ffi.ffi_call(name, results, vmap_method="sequential"))(*given))


def _recurrence(name: str, shapes: Any, reverse: bool, *given: Sequence[Any]) -> list[Any]:
    results = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    call = jax.ffi.ffi_call(name, results, vmap_method="sequential")
    return list(cast(Any, call)(*(part for parts in given for part in parts), reverse=reverse))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _layer(call: core.Call, given: Any, fixed: Any) -> Any:
    """The outputs, or None, and the last states."""
    (outputs, last), _ = _run(call, given, fixed, False)
    return outputs, last


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _layer_and_kept(call: core.Call, given: Any, fixed: Any) -> Any:
    """The same, and what its gradient needs."""
    return _run(call, given, fixed, True)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _gradient(call: core.Call, given: Any, fixed: Any, kept: Any, above: Any) -> Any:
    """The gradients of what was given, from those of `_layer`'s results."""
    x, first, weights = given
    outputs, saved = kept
    d_outputs, d_last = above
    arguments = [*_arguments(given, fixed), outputs, saved]
    arguments += [_none() if d_outputs is None else d_outputs, *d_last]
    results = [x, *first, *(_none() if w is None else w for w in weights)]
    call_gradient = jax.ffi.ffi_call(
        "seqvision_layer_gradient",
        [jax.ShapeDtypeStruct(result.shape, result.dtype) for result in results],
        vmap_method="sequential",
    )
    d_x, *others = cast(Any, call_gradient)(*arguments, **_options(call))
    d_first, d_weights = others[: len(first)], others[len(first) :]
    there = [None if w is None else d for w, d in zip(weights, d_weights, strict=True)]
    return d_x, d_first, there


def _run(call: core.Call, given: Any, fixed: Any, keep: bool) -> Any:
    (batch, steps, features), units = given[0].shape, given[2][1].shape[0]
    every = (batch, steps, units) if call.every or keep else (0,)
    size = core.saved_size(call.cell, batch, steps, features, units) if keep else 0
    shapes = [every, *((batch, units) for _ in given[1]), (size,)]
    call_layer = jax.ffi.ffi_call(
        "seqvision_layer",
        [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes],
        vmap_method="sequential",
    )
    outputs, *last, saved = cast(Any, call_layer)(*_arguments(given, fixed), **_options(call))
    return (outputs if call.every else None, last), (outputs, saved)


def _arguments(given: Any, fixed: Any) -> list[Any]:
    """As the operation takes them: what is not there has no elements."""
    x, first, weights = given
    mask, dropout = fixed
    filled = [_none() if weight is None else weight for weight in weights]
    masking = jnp.zeros([0], bool) if mask is None else mask
    return [x, *first, *filled, masking, _none() if dropout is None else dropout]


def _options(call: core.Call) -> dict[str, Any]:
    cell = np.int32(core.CELLS[call.cell])
    return {"cell": cell, "go_backwards": call.go_backwards, "in_bfloat16": call.in_bfloat16}


def _none() -> Any:
    return jnp.zeros([0], jnp.float32)


def _no_gradient(tensors: Any) -> Any:
    def of(tensor: Any) -> Any:
        is_flag = tensor.dtype == bool
        return np.zeros(tensor.shape, jax.dtypes.float0) if is_flag else jnp.zeros_like(tensor)

    return jax.tree.map(of, tensors)


def _forward(call: core.Call, given: Any, fixed: Any) -> Any:
    results, kept = cast(Any, _layer_and_kept)(call, given, fixed)
    return results, (given, fixed, kept)


def _backward(call: core.Call, residuals: Any, above: Any) -> Any:
    given, fixed, kept = residuals
    return _gradient(call, given, fixed, kept, above), _no_gradient(fixed)


def _forward_and_kept(call: core.Call, given: Any, fixed: Any) -> Any:
    results, kept = cast(Any, _layer_and_kept)(call, given, fixed)
    return (results, kept), (given, fixed, kept)


def _backward_and_kept(call: core.Call, residuals: Any, above: Any) -> Any:
    return _backward(call, residuals, above[0])  # Nothing is asked of what was kept.


def _gradient_forward(call: core.Call, given: Any, fixed: Any, kept: Any, above: Any) -> Any:
    return _gradient(call, given, fixed, kept, above), (given, fixed, kept, above)


def _gradient_backward(call: core.Call, residuals: Any, d: Any) -> Any:
    """From gradients of gradients, by operations that have any."""
    given, fixed, kept, above = residuals

    def first_gradient(given: Any, above: Any) -> Any:
        def results(x: Any, first: Any, weights: Any) -> Any:
            outputs, last = call.portable(x, first, weights)
            return outputs if call.every else None, last

        return jax.vjp(results, *given)[1](above)

    d_given, d_above = jax.vjp(first_gradient, given, above)[1](tuple(d))
    return d_given, _no_gradient(fixed), _no_gradient(kept), d_above


_layer.defvjp(_forward, _backward)
_layer_and_kept.defvjp(_forward_and_kept, _backward_and_kept)
_gradient.defvjp(_gradient_forward, _gradient_backward)
