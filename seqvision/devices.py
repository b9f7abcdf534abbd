"""The devices that Keras's backend computes on."""

from seqvision.import_keras import import_keras


def devices() -> list[str]:
    """The names of the devices, such as `cpu:0` where there is no accelerator."""
    keras = import_keras()
    if keras.backend.backend() != "torch":
        return keras.distribution.list_devices()
    import torch  # pyright: ignore[reportMissingImports]  # Keras cannot list its devices.

    return [f"gpu:{place}" for place in range(torch.cuda.device_count())] or ["cpu:0"]
