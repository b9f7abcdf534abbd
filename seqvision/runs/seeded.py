"""Every random generator that a run draws from: seeded for it, and put back after it."""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

from seqvision.import_keras import quietly


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed what `keras.utils.set_random_seed` seeds; afterwards each goes on where it was."""
    import keras
    from keras.src.backend.common import global_state  # Not among Keras's public names.
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

    python, numpy = random.getstate(), np.random.get_state()
    names = (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)
    of_keras = {name: global_state.get_global_attribute(name) for name in names}
    with _tensorflow_seed(), _torch_seed(keras.backend.backend()):
        with quietly():  # Keras seeds TensorFlow too, and so imports it.
            keras.utils.set_random_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
            for name, value in of_keras.items():
                global_state.set_global_attribute(name, value)


@contextlib.contextmanager
def _tensorflow_seed() -> Iterator[None]:
    """Keras seeds TensorFlow whatever its backend, where it is installed."""
    try:
        with quietly():
            from tensorflow.python.eager.context import context  # Not public, as is what it holds.
    except ImportError:
        yield
        return
    seed, generator = context()._seed, getattr(context(), "_rng", None)
    try:
        yield
    finally:
        context()._set_global_seed(seed)
        context()._rng = generator  # Setting the seed alone would begin anew.


@contextlib.contextmanager
def _torch_seed(backend: str) -> Iterator[None]:
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
    """Have what is drawn in an epoch depend on seed and epoch alone, so that a run can go on there.

    Keras's layers keep their random states among their variables; on PyTorch, though, its dropout
    draws from PyTorch's own generator.
    """
    import keras

    if keras.backend.backend() == "torch":
        import torch  # pyright: ignore[reportMissingImports]

        (state,) = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
        torch.manual_seed(int(state))
