"""The core as operations of PyTorch: a layer, recurrences and a convolution, with gradients."""

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from threadpoolctl import threadpool_info

from seqvision.native import core


def hindrance(sequences: Any) -> str | None:
    """Why there is no such operation here, or not in what is being traced."""
    if sequences.device.type != "cpu":
        return f"the device is {sequences.device}"
    tracing: Any = torch.jit
    if torch.compiler.is_compiling() or tracing.is_tracing() or torch.onnx.is_in_onnx_export():
        return "the program may be exported"
    return cannot_bind()


def cannot_bind() -> str | None:
    """Why there is no such operation in this process."""
    return core.hindrance(_load)


def _load() -> None:
    """Load the core, and let PyTorch's own threads do its work.

    They go on spinning for a while after each of PyTorch's operations, which would keep the core's
    from the processor: GRUs trained at half of the speed.
    """
    loaded = core.load()
    found = [Path(each["filepath"]) for each in threadpool_info() if each["user_api"] == "openmp"]
    home = Path(str(torch.__file__)).resolve().parent
    own = max(found, key=lambda path: home in path.parents, default=None)  # Others bring theirs.
    parallel = getattr(ctypes.CDLL(str(own)), "GOMP_parallel", None) if own else None
    if parallel is not None:
        loaded.sv_set_team(parallel)


def run(
    cell: str,
    x: torch.Tensor,
    first: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor | None],
    mask: torch.Tensor | None,
    dropout: torch.Tensor | None,
    *,
    go_backwards: bool,
    in_bfloat16: bool,
    every: bool,
    keep: bool,
    portable: Callable[..., Any],
) -> tuple[torch.Tensor | None, list[torch.Tensor]]:
    """Run a layer over all time steps; arguments and results are those of `on_tensorflow.run`.

    `keep` says nothing here: PyTorch tells by itself whether a gradient is asked for.
    """
    call = core.Call(cell, go_backwards, in_bfloat16, every, portable)
    fixed = [None if t is None else t.detach().contiguous() for t in (mask, dropout)]
    outputs, *last = _Layer.apply(call, *fixed, len(first), x, *first, *weights)
    return outputs if every else None, list(last)


def recurrence(
    a: Sequence[torch.Tensor],
    b: Sequence[torch.Tensor],
    first: Sequence[torch.Tensor],
    reverse: bool,
) -> list[torch.Tensor]:
    """A linear recurrence; arguments and result are those of `on_tensorflow.recurrence`."""
    a, b, first = ([part.contiguous() for part in parts] for parts in (a, b, first))
    h = [torch.empty_like(part) for part in b]
    of = _recurrence(a, first, b[0], reverse)
    core.load().sv_recur(ctypes.byref(of), _pointers(b), _pointers(h))
    return h


def recurrence_gradient(
    a: Sequence[torch.Tensor],
    h: Sequence[torch.Tensor],
    first: Sequence[torch.Tensor],
    d_h: Sequence[torch.Tensor],
    reverse: bool,
) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
    """Its gradient; arguments and results are those of `on_tensorflow.recurrence_gradient`."""
    a, h, first, d_h = ([part.contiguous() for part in parts] for parts in (a, h, first, d_h))
    of = _recurrence(a, first, h[0], reverse)
    d_a = [part.new_empty((of.batch, of.a_steps, of.size)) for part in h]
    d_b, d_first = ([torch.empty_like(part) for part in parts] for parts in (h, first))
    to = core.RecurrenceGradients(*map(_pointers, (d_a, d_b, d_first)))
    core.load().sv_recur_back(ctypes.byref(of), _pointers(h), _pointers(d_h), ctypes.byref(to))
    return d_a, d_b, d_first


def scan(*given: torch.Tensor) -> list[torch.Tensor]:
    """A selective scan; arguments and results are those of `on_tensorflow.scan`."""
    parts = [part.contiguous() for part in given]
    x, first = parts[0], parts[5]
    kept = (x.shape[0], -(-x.shape[1] // core.SCAN_CHUNK) * first.shape[1])
    results = [torch.empty_like(x), torch.empty_like(first), x.new_empty(kept)]
    core.load().sv_scan_forward(ctypes.byref(_scan(parts)), *map(_address, results))
    return results


def scan_gradient(*given: torch.Tensor) -> list[torch.Tensor]:
    """Its gradient; arguments and results are those of `on_tensorflow.scan_gradient`."""
    parts = [part.contiguous() for part in given]
    results = [torch.empty_like(part) for part in parts[:6]]
    results[2] = parts[2].new_empty((parts[0].shape[0], *parts[2].shape))  # Of each sample.
    to = core.ScanGradients(*map(_pointer, (*parts[6:], *results)))
    core.load().sv_scan_backward(ctypes.byref(_scan(parts)), ctypes.byref(to))
    return results


def convolution(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """A long convolution; arguments and result are those of `on_tensorflow.convolution`."""
    x, kernel = x.contiguous(), kernel.contiguous()
    y = torch.empty_like(x)
    core.load().sv_convolve(ctypes.byref(_convolution(x, kernel)), _pointer(y))
    return y


def convolution_gradient(
    x: torch.Tensor, kernel: torch.Tensor, d_y: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Its gradient; arguments and results are those of `on_tensorflow.convolution_gradient`."""
    x, kernel, d_y = (part.contiguous() for part in (x, kernel, d_y))
    d_x = torch.empty_like(x)
    d_kernel = x.new_empty((-(-x.shape[0] // core.CONVOLUTION_CHUNK), *x.shape[1:]))
    of = _convolution(x, kernel)
    core.load().sv_convolve_back(ctypes.byref(of), *map(_pointer, (d_y, d_x, d_kernel)))
    return d_x, d_kernel


def _convolution(x: torch.Tensor, kernel: torch.Tensor) -> core.Convolution:
    return core.Convolution(0, *x.shape, _pointer(x), _pointer(kernel))


def _scan(given: Sequence[torch.Tensor]) -> core.Scan:
    batch, steps, features = given[0].shape
    pointers = map(_pointer, given[:6])
    return core.Scan(0, batch, steps, features, given[2].shape[1], *pointers)


def _recurrence(a: Any, first: Any, like: Any, reverse: bool) -> core.Recurrence:
    batch, steps, size = like.shape
    return core.Recurrence(
        is_complex=len(a) == 2,
        reverse=reverse,
        batch=batch,
        steps=steps,
        size=size,
        a_batch=a[0].shape[0],
        a_steps=a[0].shape[1],
        a=_pointers(a),
        first=_pointers(first),
    )


class _Layer(torch.autograd.Function):
    """A call of the core.

    Its tensors are flat: `x`, the first states, and the four weights, of which a bias may be None.
    """

    @staticmethod
    def forward(ctx: Any, call: Any, mask: Any, dropout: Any, states: int, *tensors: Any) -> Any:
        tensors = tuple(None if t is None else t.detach().contiguous() for t in tensors)
        keep = any(ctx.needs_input_grad)
        every, last, saved = _forward(call, mask, dropout, states, tensors, keep)
        ctx.save_for_backward(mask, dropout, *tensors, *([every, saved] if keep else []))
        ctx.call, ctx.states = call, states
        return every, *last

    @staticmethod
    def backward(ctx: Any, *above: Any) -> Any:
        mask, dropout, *tensors, every, saved = ctx.saved_tensors
        # What is kept is written over; a graph that stays may be gone back through once more.
        kept = (mask, dropout, every, saved.clone())
        return (
            None,
            None,
            None,
            None,
            *_Gradient.apply(ctx.call, kept, ctx.states, *tensors, *above),
        )


class _Gradient(torch.autograd.Function):
    """The gradients of a layer's tensors, from those of its results."""

    @staticmethod
    def forward(ctx: Any, call: Any, kept: Any, states: int, *both: Any) -> Any:
        tensors, above = both[: states + 5], both[states + 5 :]
        ctx.save_for_backward(*both)
        ctx.call, ctx.states = call, states
        return _gradient(call, kept, states, tensors, above)

    @staticmethod
    def backward(ctx: Any, *d: Any) -> Any:
        """From gradients of gradients, by operations that have any."""
        both = [t if t is None else t.detach().requires_grad_() for t in ctx.saved_tensors]
        states, call = ctx.states, ctx.call
        (x, *others), above = both[: states + 5], both[states + 5 :]
        with torch.enable_grad():
            outputs, last = call.portable(x, others[:states], others[states:])
            of = [t for t in (x, *others) if t is not None]
            first = torch.autograd.grad(
                [outputs, *last], of, above, create_graph=True, allow_unused=True
            )
            wanted = [t for t in both if t is not None]
            d_there = [one for t, one in zip((x, *others), d, strict=True) if t is not None]
            pairs = [(a, b) for a, b in zip(first, d_there, strict=True) if a is not None]
            found = iter(
                torch.autograd.grad(
                    [a for a, _ in pairs], wanted, [b for _, b in pairs], allow_unused=True
                )
            )
        return None, None, None, *(None if t is None else next(found) for t in both)


def _forward(
    call: Any, mask: Any, dropout: Any, states: int, tensors: Any, keep: bool
) -> tuple[Any, list[Any], Any]:
    """The outputs, the last states, and what is kept."""
    layer = _layer(call, mask, dropout, states, tensors)
    x, units = tensors[0], tensors[2 + states].shape[0]
    shape = (*x.shape[:2], units) if call.every or keep else (0,)
    every = x.new_empty(shape)
    last = [x.new_empty((x.shape[0], units)) for _ in range(states)]
    saved = x.new_empty(core.load().sv_saved_size(ctypes.byref(layer)) if keep else 0)
    core.load().sv_forward(ctypes.byref(layer), _pointer(every), _pointers(last), _pointer(saved))
    return every, last, saved


def _gradient(call: Any, kept: Any, states: int, tensors: Any, above: Any) -> Any:
    mask, dropout, every, saved = kept
    layer = _layer(call, mask, dropout, states, tensors)
    d_every, *d_last = (None if d is None else d.contiguous() for d in above)
    found = [None if t is None else torch.empty_like(t) for t in tensors]
    d_x, d_first, d_weights = found[0], found[1 : 1 + states], found[1 + states :]
    gradients = core.Gradients(
        _pointer(every),
        _pointer(saved),
        _pointer(d_every) if call.every else None,
        _pointers(d_last),
        _pointer(d_x),
        _pointers(d_first),
        *map(_pointer, d_weights),
    )
    core.load().sv_backward(ctypes.byref(layer), ctypes.byref(gradients))
    return tuple(found)


def _layer(call: Any, mask: Any, dropout: Any, states: int, tensors: Any) -> core.Layer:
    x, first, weights = tensors[0], tensors[1 : 1 + states], tensors[1 + states :]
    return core.Layer(
        cell=core.CELLS[call.cell],
        go_backwards=call.go_backwards,
        in_bfloat16=call.in_bfloat16,
        batch=x.shape[0],
        steps=x.shape[1],
        features=x.shape[2],
        units=weights[1].shape[0],
        x=_pointer(x),
        first=_pointers(first),
        kernel=_pointer(weights[0]),
        recurrent_kernel=_pointer(weights[1]),
        bias=_pointer(weights[2]),
        recurrent_bias=_pointer(weights[3]),
        mask=_pointer(mask),
        dropout=_pointer(dropout),
    )


def _pointer(tensor: Any) -> int | None:
    return tensor.data_ptr() if tensor is not None and tensor.numel() else None


def _address(tensor: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(_pointer(tensor))


def _pointers(tensors: Sequence[Any]) -> Any:
    filled = [*map(_pointer, tensors), None]
    return (ctypes.c_void_p * 2)(*filled[:2])
