"""The compiled core, loaded into this process."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from seqvision.cores import available_cores
from seqvision.native.build import CannotBuild, build_core
from seqvision.native.cache import library

CELLS = {"tanh_rnn": 0, "relu_rnn": 1, "gru": 2, "gru_reset_before": 3, "lstm": 4}
CELLS |= {"min_gru": 5, "min_lstm": 6}
"""The cells by the numbers of core.h."""


_threads: int | None = None


def hindrance(binding: Callable[[], Any] | None = None) -> str | None:
    """Why there is no native recurrence in this process; None if there is.

    Args:
        binding: loads that of a backend; the core alone if None.
    """
    if os.environ.get("SEQVISION_NATIVE", "1") == "0":
        return "SEQVISION_NATIVE is 0"
    if (wanted := os.environ.get("SEQVISION_ENGINE")) in ("engine", "keras"):
        return f"SEQVISION_ENGINE is {wanted}"
    return _failure(binding or load)


@lru_cache
def _failure(loading: Callable[[], Any]) -> str | None:
    """Kept for the process: layers ask at every call."""
    try:
        loading()
    except CannotBuild as error:
        return str(error)
    return None


@lru_cache(1)
def load() -> ctypes.CDLL:
    """Load the core, compiled if need be, where bindings find its functions.

    Raises:
        CannotBuild: it is not there, and cannot be compiled or loaded.
    """
    path = library("core", "", build_core)
    try:
        loaded = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise CannotBuild(f"{path.name}: {error}") from None
    loaded.sv_processor.restype = ctypes.c_char_p
    loaded.sv_saved_size.restype = ctypes.c_int64
    # Without their types ctypes takes addresses for numbers of 32 bits.
    loaded.sv_saved_size.argtypes = [ctypes.c_void_p]
    loaded.sv_forward.argtypes = [ctypes.c_void_p] * 4
    loaded.sv_backward.argtypes = [ctypes.c_void_p] * 2
    loaded.sv_recur.argtypes = [ctypes.c_void_p] * 3
    loaded.sv_recur_back.argtypes = [ctypes.c_void_p] * 4
    loaded.sv_convolve.argtypes = [ctypes.c_void_p] * 2
    loaded.sv_convolve_back.argtypes = [ctypes.c_void_p] * 4
    loaded.sv_set_team.argtypes = [ctypes.c_void_p]
    loaded.sv_peak.restype = ctypes.c_double
    loaded.sv_peak.argtypes = [ctypes.c_double]
    loaded.sv_set_threads(threads())
    return loaded


def saved_size(cell: str, batch: int, steps: int, features: int, units: int) -> int:
    """How many floats a layer keeps for its gradient."""
    layer = Layer(cell=CELLS[cell], batch=batch, steps=steps, features=features, units=units)
    return load().sv_saved_size(ctypes.byref(layer))


class Call(NamedTuple):
    """What a binding knows of a call before it sees a number."""

    cell: str
    go_backwards: bool
    in_bfloat16: bool
    """Whether to multiply in bfloat16, where the processor can; all else is float32."""
    every: bool
    """Whether the states after each step are wanted, or the last ones alone."""
    portable: Callable[..., Any]
    """From the input, the first states and the weights to the same in operations that have
    gradients of any order."""


class Layer(ctypes.Structure):
    """`sv_layer` of core.h."""

    _fields_ = (
        ("cell", ctypes.c_int32),
        ("threads", ctypes.c_int32),
        ("at_once", ctypes.c_int32),
        ("go_backwards", ctypes.c_int32),
        ("in_bfloat16", ctypes.c_int32),
        ("batch", ctypes.c_int64),
        ("steps", ctypes.c_int64),
        ("features", ctypes.c_int64),
        ("units", ctypes.c_int64),
        ("x", ctypes.c_void_p),
        ("first", ctypes.c_void_p * 2),
        ("kernel", ctypes.c_void_p),
        ("recurrent_kernel", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("recurrent_bias", ctypes.c_void_p),
        ("mask", ctypes.c_void_p),
        ("dropout", ctypes.c_void_p),
    )


class Gradients(ctypes.Structure):
    """`sv_gradients` of core.h."""

    _fields_ = (
        ("every", ctypes.c_void_p),
        ("saved", ctypes.c_void_p),
        ("d_every", ctypes.c_void_p),
        ("d_last", ctypes.c_void_p * 2),
        ("d_x", ctypes.c_void_p),
        ("d_first", ctypes.c_void_p * 2),
        ("d_kernel", ctypes.c_void_p),
        ("d_recurrent_kernel", ctypes.c_void_p),
        ("d_bias", ctypes.c_void_p),
        ("d_recurrent_bias", ctypes.c_void_p),
    )


class Recurrence(ctypes.Structure):
    """`sv_recurrence` of core.h."""

    _fields_ = (
        ("threads", ctypes.c_int32),
        ("is_complex", ctypes.c_int32),
        ("reverse", ctypes.c_int32),
        ("batch", ctypes.c_int64),
        ("steps", ctypes.c_int64),
        ("size", ctypes.c_int64),
        ("a_batch", ctypes.c_int64),
        ("a_steps", ctypes.c_int64),
        ("a", ctypes.c_void_p * 2),
        ("first", ctypes.c_void_p * 2),
    )


class RecurrenceGradients(ctypes.Structure):
    """`sv_recurrence_gradients` of core.h."""

    _fields_ = (
        ("d_a", ctypes.c_void_p * 2),
        ("d_b", ctypes.c_void_p * 2),
        ("d_first", ctypes.c_void_p * 2),
    )


SCAN_CHUNK = 32
"""`SV_SCAN_CHUNK` of core.h."""


class Scan(ctypes.Structure):
    """`sv_scan` of core.h."""

    _fields_ = (
        ("threads", ctypes.c_int32),
        ("batch", ctypes.c_int64),
        ("steps", ctypes.c_int64),
        ("features", ctypes.c_int64),
        ("size", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("x", "step", "a", "b", "c", "first")),
    )


class ScanGradients(ctypes.Structure):
    """`sv_scan_gradients` of core.h."""

    _of = ("starts", "d_y", "d_last", "d_x", "d_step", "d_a", "d_b", "d_c", "d_first")
    _fields_ = tuple((name, ctypes.c_void_p) for name in _of)


CONVOLUTION_CHUNK = 32
"""`SV_CONVOLUTION_CHUNK` of core.h."""


class Convolution(ctypes.Structure):
    """`sv_convolution` of core.h."""

    _fields_ = (
        ("threads", ctypes.c_int32),
        ("batch", ctypes.c_int64),
        ("steps", ctypes.c_int64),
        ("features", ctypes.c_int64),
        ("x", ctypes.c_void_p),
        ("kernel", ctypes.c_void_p),
    )


def processor() -> str:
    """The kind of processor that the core runs for: one of `build.PROCESSORS`."""
    return load().sv_processor().decode()


def multiplies_in_bfloat16(cell: str) -> bool:
    """Whether a layer that asks for products in bfloat16 gets them, or float32's."""
    return bool(load().sv_bfloat16(CELLS[cell]))


def choose_processor(name: str) -> bool:
    """Run for another kind of processor from now on, if this one is of that kind too."""
    return bool(load().sv_choose(name.encode()))


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Let so many threads take part in a layer within. It changes no number."""
    global _threads
    before, _threads = _threads, count
    _apply_threads()
    try:
        yield
    finally:
        _threads = before
        _apply_threads()


def threads() -> int:
    """How many threads take part in a layer: all cores, if nothing else was said."""
    return _threads or _every_core()


@lru_cache(1)
def _every_core() -> int:
    """How many cores this process may use.

    Kept for the process, as the core is told once: layers ask at every call, and it is files that
    say it.
    """
    return available_cores()


def _apply_threads() -> None:
    if load.cache_info().currsize:  # Nothing is compiled for the sake of this.
        load().sv_set_threads(threads())
