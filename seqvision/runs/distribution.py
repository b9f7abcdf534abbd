"""One run over several devices: by TensorFlow's own strategy, or by Keras's on JAX."""

from contextlib import suppress
from typing import Any

from seqvision.config.train import Train
from seqvision.errors import SeqvisionError


def strategy_of(train: Train) -> Any:
    """What spreads a run over several devices; None if it has one.

    Each device holds the weights and takes its share of every batch; the gradients are averaged.
    Without a GPU, the processor counts as several devices.

    Returns:
        A `tf.distribute.MirroredStrategy` or a `keras.distribution.DataParallel`, within whose
        `scope()` the model is to be built and compiled.

    Raises:
        SeqvisionError: the backend is PyTorch, there are fewer GPUs than asked for, the backend
            has begun to compute in this process already, or, on JAX, a batch does not divide.
    """
    if train.distribution is None:
        return None
    import keras

    backends = {"tensorflow": _mirrored, "jax": _data_parallel}
    if (backend := keras.backend.backend()) not in backends:
        raise SeqvisionError(
            f"train.distribution: needs the TensorFlow or the JAX backend, and this is {backend}"
        )
    return backends[backend](train, train.distribution.devices)


def shared(strategy: Any, samples: int | None = None) -> Any:
    """How the devices of a `DataParallel` share the samples of a batch, a `NamedSharding` of JAX.

    Each takes as many; if that cannot be, as of the last of an epoch, or their number is not given,
    each has all of them.
    """
    from jax.sharding import NamedSharding, PartitionSpec  # pyright: ignore[reportMissingImports]

    divides = samples is not None and samples % strategy.num_model_replicas == 0
    axis = strategy.batch_dim_name if divides else None
    return NamedSharding(strategy.device_mesh.backend_mesh, PartitionSpec(axis))


def _mirrored(train: Train, wanted: int | None) -> Any:
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU") if tf.config.list_physical_devices("GPU") else []
    if gpus:
        names = [device.name for device in _first(gpus, wanted)]
    else:
        names = _processors_of_tensorflow(tf, wanted or 2)
    return tf.distribute.MirroredStrategy(names)


def _processors_of_tensorflow(tf: Any, count: int) -> list[str]:
    """Have the processor count as several devices; return their names."""
    try:
        (processor,) = tf.config.list_physical_devices("CPU")
        shares = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(processor, shares)
    except RuntimeError:  # Too late, unless an earlier run did the same.
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise _too_late("TensorFlow") from None
    return [f"CPU:{place}" for place in range(count)]


def _data_parallel(train: Train, wanted: int | None) -> Any:
    import jax  # pyright: ignore[reportMissingImports]
    import keras

    settings: Any = jax.config
    with suppress(RuntimeError):  # Too late, unless an earlier run did the same.
        settings.update("jax_num_cpu_devices", wanted or 2)
    names = keras.distribution.list_devices()
    if jax.default_backend() != "cpu":
        names = _first(names, wanted)
    elif len(names) < (wanted or 2):
        raise _too_late("JAX")
    else:
        names = names[: wanted or 2]
    if train.batch_size % len(names):
        raise SeqvisionError(
            f"train.batch_size: {train.batch_size} samples cannot be shared alike by the "
            f"{len(names)} devices of train.distribution"
        )
    return keras.distribution.DataParallel(devices=names)


def _first(gpus: list[Any], wanted: int | None) -> list[Any]:
    if wanted and wanted > len(gpus):
        raise SeqvisionError(
            f"train.distribution.devices: {wanted}, but there are {len(gpus)} GPUs"
        )
    return gpus[:wanted]


def _too_late(backend: str) -> SeqvisionError:
    return SeqvisionError(
        f"train.distribution: {backend} has begun to compute in this process; "
        "start this run in a process of its own"
    )
