"""The devices that Keras's backend computes on."""

from seqvision.import_keras import import_keras


def devices() -> list[str]:
    """The names of the devices, such as `cpu:0` where there is no accelerator."""
    keras = import_keras()
    if keras.backend.backend() != "torch":
        return keras.distribution.list_devices()
    import torch  # pyright: ignore[reportMissingImports]  # Keras cannot list its devices.

    return [f"gpu:{place}" for place in range(torch.cuda.device_count())] or ["cpu:0"]


def accelerator() -> str | None:
    """What the first device is, such as `NVIDIA H200`; None where it is the processor itself."""
    if devices()[0].startswith("cpu"):
        return None
    backend = import_keras().backend.backend()
    if backend == "jax":
        import jax  # pyright: ignore[reportMissingImports]

        return jax.devices()[0].device_kind
    if backend == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        return torch.cuda.get_device_name(0)
    import tensorflow as tf

    first, *_ = tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices()
    return tf.config.experimental.get_device_details(first).get("device_name", first.name)
