"""One run over several devices, by TensorFlow's own strategies."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from seqvision.config.train import Distribution
from seqvision.errors import SeqvisionError


def scope(distribution: Distribution | None) -> AbstractContextManager[Any]:
    """The scope within which to build and compile a model so that `fit` uses several devices.

    Each device holds the weights and takes its share of every batch; the gradients are averaged.
    Without a GPU, the processor counts as several devices.

    Raises:
        SeqvisionError: the backend is not TensorFlow, there are fewer GPUs than asked for, or
            TensorFlow has begun to compute in this process already.
    """
    if distribution is None:
        return nullcontext()
    import keras

    if (backend := keras.backend.backend()) != "tensorflow":
        raise SeqvisionError(
            f"train.distribution: needs the TensorFlow backend, and this is {backend}"
        )
    import tensorflow as tf

    wanted = distribution.devices
    gpus = tf.config.list_logical_devices("GPU") if tf.config.list_physical_devices("GPU") else []
    if gpus:
        if wanted and wanted > len(gpus):
            raise SeqvisionError(
                f"train.distribution.devices: {wanted}, but there are {len(gpus)} GPUs"
            )
        names = [device.name for device in gpus[:wanted]]
    else:
        names = _processors(tf, wanted or 2)
    return tf.distribute.MirroredStrategy(names).scope()


def _processors(tf: Any, count: int) -> list[str]:
    """Have the processor count as several devices; return their names."""
    try:
        (processor,) = tf.config.list_physical_devices("CPU")
        shares = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(processor, shares)
    except RuntimeError:  # Too late, unless an earlier run did the same.
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise SeqvisionError(
                "train.distribution: TensorFlow has begun to compute in this process; "
                "start this run in a process of its own"
            ) from None
    return [f"CPU:{place}" for place in range(count)]
