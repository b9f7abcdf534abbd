"""Settings of the process for a run, restored after it: threads, seed, determinism, precision."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

from seqvision.config.train import Threads, Train
from seqvision.cores import available_cores
from seqvision.errors import SeqvisionError
from seqvision.import_keras import import_keras
from seqvision.native.core import with_threads
from seqvision.runs.seeded import seeded

_log = logging.getLogger("seqvision")
_turn = threading.RLock()


@contextlib.contextmanager
def prepared(train: Train, seed: int, cores: int | None = None) -> Iterator[dict[str, Any]]:
    """Set threads, determinism and every random generator; yield the threads for the record.

    These settings belong to the process, so runs in several of its threads take turns. They are
    restored at the end, except for thread pools: TensorFlow's, and PyTorch's between operations,
    keep the size they had when the backend first computed.

    Args:
        cores: the processor cores that `threads: auto` uses; all of them when not given.

    Raises:
        SeqvisionError: Keras's backend cannot train, or `SEQVISION_ENGINE` is no way.
    """
    keras = import_keras()
    backends = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    name = keras.backend.backend()
    if name not in backends:
        raise SeqvisionError(
            f"KERAS_BACKEND: {name} cannot train; one of {', '.join(backends)} can"
        )
    from seqvision.layers.engine.choice import asked_for

    asked_for()  # A typo is said here, not by the first layer within Keras's own account of a call.
    chosen = train.threads
    every = cores or available_cores()
    native = every if chosen == "auto" else max(chosen.inter_op, chosen.intra_op)
    with _turn, backends[name](train, cores) as threads, with_threads(native), seeded(seed):
        yield threads


@contextlib.contextmanager
def _tensorflow(train: Train, cores: int | None) -> Iterator[dict[str, int]]:
    import tensorflow as tf

    from seqvision.layers.engine import shards
    from seqvision.privates import deterministic_tensorflow

    pools, chosen = tf.config.threading, train.threads
    # The engine cuts a batch into one shard a thread: faster than threads within an operation.
    inter_op, intra_op = (
        (cores or available_cores(), 1) if chosen == "auto" else (chosen.inter_op, chosen.intra_op)
    )
    before = (pools.get_inter_op_parallelism_threads(), pools.get_intra_op_parallelism_threads())
    _set_tensorflow_threads(inter_op, intra_op)
    # As many shards as the machine has cores, not as this run has threads: the numbers depend on
    # the shards, and must be the same alone and beside other runs.
    cut_before, shard_count = shards.chosen(), shards.fitting(train.batch_size, available_cores())
    shards.choose(shard_count)
    deterministic = deterministic_tensorflow if train.deterministic else contextlib.nullcontext
    try:
        with deterministic():
            yield {
                "inter_op": pools.get_inter_op_parallelism_threads(),
                "intra_op": pools.get_intra_op_parallelism_threads(),
                "shards": shard_count,
            }
    finally:
        shards.choose(cut_before)
        _set_tensorflow_threads(*before)


def _set_tensorflow_threads(inter_op: int, intra_op: int) -> None:
    """Set the sizes of TensorFlow's thread pools, unless it has computed and they are fixed."""
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_inter_op_parallelism_threads(inter_op)
        tf.config.threading.set_intra_op_parallelism_threads(intra_op)


@contextlib.contextmanager
def _torch(train: Train, cores: int | None) -> Iterator[dict[str, int]]:
    import torch  # pyright: ignore[reportMissingImports]

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    # PyTorch's numbers depend on how many threads an operation has, and must be the same alone
    # and beside other runs.
    every = 1 if train.deterministic else cores or available_cores()
    threads = Threads(inter_op=1, intra_op=every) if train.threads == "auto" else train.threads
    with contextlib.suppress(RuntimeError):  # Fixed when it first computes, as TensorFlow's are.
        torch.set_num_interop_threads(threads.inter_op)
    torch.set_num_threads(threads.intra_op)
    # Without it cuBLAS is not deterministic. PyTorch warns of operations that cannot be.
    workspace = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"} if train.deterministic else {}
    torch.use_deterministic_algorithms(train.deterministic, warn_only=True)
    try:
        with _environment(workspace):
            yield {"inter_op": torch.get_num_interop_threads(), "intra_op": torch.get_num_threads()}
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1], warn_only=only_warned)


@contextlib.contextmanager
def _jax(train: Train, cores: int | None) -> Iterator[dict[str, int]]:
    import jax  # pyright: ignore[reportMissingImports]

    settings: Any = jax.config
    if train.threads != "auto":
        _log.warning("train.threads: JAX has no such setting and uses the cores as it sees fit")
    before, flags = settings.jax_enable_x64, os.environ.get("XLA_FLAGS", "")
    if train.precision == "float64":
        settings.update("jax_enable_x64", True)  # Without it JAX makes them float32.
    wanted = "--xla_gpu_deterministic_ops=true"  # Read when JAX first computes.
    set_anew = train.deterministic and "xla_gpu_deterministic_ops" not in flags
    try:
        with _environment({"XLA_FLAGS": f"{flags} {wanted}".strip()} if set_anew else {}):
            yield {}
    finally:
        settings.update("jax_enable_x64", before)


@contextlib.contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Set environment variables; restore them at the end."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers with a Keras dtype policy, such as `mixed_bfloat16`."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
