"""Seeds every random generator that a run draws from, and restores them after it."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from seqvision.import_keras import quietly


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed what `keras.utils.set_random_seed` seeds; restore the states at the end."""
    import keras

    from seqvision.privates import keras_seed_kept, tensorflow_seed_kept

    python, numpy = random.getstate(), np.random.get_state()
    # Keras seeds TensorFlow whatever its backend, where it is installed.
    with keras_seed_kept(), tensorflow_seed_kept(), _torch_seed_kept(keras.backend.backend()):
        with quietly():  # Keras seeds TensorFlow too, and so imports it.
            keras.utils.set_random_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


@contextlib.contextmanager
def _torch_seed_kept(backend: str) -> Iterator[None]:
    if backend != "torch":
        yield
        return
    import torch  # pyright: ignore[reportMissingImports]

    state = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(state)


def begin_epoch(seed: int, epoch: int) -> None:
    """Make an epoch's random numbers depend on seed and epoch alone, so that a run can go on there.

    Keras's layers keep their random states as variables, but on PyTorch its dropout draws from
    PyTorch's own generator.
    """
    import keras

    if keras.backend.backend() == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        (state,) = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
        torch.manual_seed(int(state))
