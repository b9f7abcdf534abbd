"""What has to be settled before a model is built: threads, seed, determinism, precision."""

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqvision.config.schema import Threads, Train
from seqvision.cores import available_cores
from seqvision.errors import SeqvisionError
from seqvision.import_keras import import_keras

_log = logging.getLogger("seqvision")


def prepare(train: Train, seed: int, cores: int | None = None) -> dict[str, Any]:
    """Set threads, determinism and every random generator; return what was set, for the record.

    Args:
        cores: the processor cores that `threads: auto` is to use; all of them when not given.

    Raises:
        SeqvisionError: Keras's backend is one that cannot train.
    """
    keras = import_keras()
    backends = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    name = keras.backend.backend()
    if name not in backends:
        raise SeqvisionError(
            f"KERAS_BACKEND: {name} cannot train; one of {', '.join(backends)} can"
        )
    threads = backends[name](train, cores)
    keras.utils.set_random_seed(seed)
    return threads


def begin_epoch(seed: int, epoch: int) -> None:
    """Have what is drawn in an epoch depend on seed and epoch alone, so that a run can go on there.

    Keras's layers keep their random states among their variables; on PyTorch, though, its dropout
    draws from PyTorch's own generator.
    """
    import keras

    if keras.backend.backend() == "torch":
        import torch

        (state,) = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
        torch.manual_seed(int(state))


def _tensorflow(train: Train, cores: int | None) -> dict[str, int]:
    import tensorflow as tf

    from seqvision.layers.engine import shards

    chosen = train.threads
    # The engine cuts a batch into a shard a thread, which beats threads within an operation.
    inter_op, intra_op = (
        (cores or available_cores(), 1) if chosen == "auto" else (chosen.inter_op, chosen.intra_op)
    )
    # TensorFlow fixes its pools when it first computes; a later run in the process shares them.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_inter_op_parallelism_threads(inter_op)
        tf.config.threading.set_intra_op_parallelism_threads(intra_op)
    # Not by the threads of this run, which do not change its numbers: by the machine's cores, so
    # that a run gives the same alone and beside others.
    shard_count = shards.fitting(train.batch_size, available_cores())
    shards.choose(shard_count)
    if train.deterministic:
        tf.config.experimental.enable_op_determinism()
    return {
        "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
        "shards": shard_count,
    }


def _torch(train: Train, cores: int | None) -> dict[str, int]:
    import torch

    # Its numbers depend on how many threads an operation has, and are to be the same alone and
    # beside other runs; for a step of a recurrent layer one is about as fast.
    threads = Threads(inter_op=1, intra_op=1) if train.threads == "auto" else train.threads
    with contextlib.suppress(RuntimeError):  # Fixed when it first computes, as TensorFlow's are.
        torch.set_num_interop_threads(threads.inter_op)
    torch.set_num_threads(threads.intra_op)
    if train.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # Else cuBLAS chooses anew.
    # Of what has no such way on a GPU, PyTorch warns.
    torch.use_deterministic_algorithms(train.deterministic, warn_only=True)
    return {"inter_op": torch.get_num_interop_threads(), "intra_op": torch.get_num_threads()}


def _jax(train: Train, cores: int | None) -> dict[str, int]:
    import jax

    if train.threads != "auto":
        _log.warning("train.threads: JAX has no such setting and uses the cores as it sees fit")
    if train.precision == "float64":
        jax.config.update("jax_enable_x64", True)  # Without it JAX makes them float32.
    if train.deterministic:  # Read when JAX first computes.
        flag = "--xla_gpu_deterministic_ops=true"
        flags = os.environ.get("XLA_FLAGS", "")
        if "xla_gpu_deterministic_ops" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} {flag}".strip()
    return {}


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
