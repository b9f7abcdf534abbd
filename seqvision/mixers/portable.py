"""Whether a mixer is to use only what other libraries have too."""

import keras


def is_for_others(training: bool) -> bool:
    """Whether a graph is made that other libraries may run.

    They have no Fourier transform, and not every loop.

    Args:
        training: whether the call is one in training.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    from seqvision.layers.engine.graph import may_be_exported

    return may_be_exported(training)
