"""How training batches reach the device, so that it need not wait for them.

Images that fit there are copied to the device once, where its own operations gather the batches,
and move them by an augmentation; where JAX's device is the processor, NumPy gathers those that are
not moved. Of all else a thread prepares the next batches.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.memory import total_memory
from seqvision.runs.ahead import ahead
from seqvision.runs.augment import epoch_transforms, is_affine
from seqvision.runs.batches import batches, beside_samples, epoch_order
from seqvision.runs.distribution import shared
from seqvision.runs.resample import moved
from seqvision.runs.setup import Setup
from seqvision.runs.tf_data import as_dataset, gathered_dataset

_SHARE = 1 / 8
"""The share of memory that a copy of the training images may take."""

Plan = tuple[np.ndarray, ...]
"""The order of an epoch's images `(n,)` and, if they are moved, their transforms `(n, 8)`."""


@contextmanager
def feed(setup: Setup, first_epoch: int) -> Iterator[Any]:
    """What `fit` reads batches from, without end, from an epoch on, counted from 0."""
    train, backend = setup.config.train, keras.backend.backend()
    one_hot = setup.dataset.num_classes if train.label_smoothing else None
    if _can_be_gathered(setup):
        others = beside_samples(setup.training, one_hot, setup.class_weights)
        parts, plans = [setup.training.images, *others], partial(_plans, setup, first_epoch)
        if backend == "tensorflow":
            yield gathered_dataset(parts, plans, train.batch_size)
            return
        with closing(ahead(plans(), 1)) as made:
            yield _gathered(setup, parts, made)
        return
    read = partial(
        batches,
        setup.training,
        train.batch_size,
        setup.seed,
        first_epoch,
        train.augment,
        one_hot,
        setup.class_weights,
        train.bucket,
        setup.cut.window,
    )
    if backend == "tensorflow":
        # Keras takes all batches of a plain generator to be as long as the first two.
        yield as_dataset(read, setup.dataset.kind == "series")
    else:
        with closing(ahead(read())) as made:
            yield _over_devices(made, setup.strategy) if setup.strategy else made


def _can_be_gathered(setup: Setup) -> bool:
    train, samples = setup.config.train, setup.training.samples
    if not isinstance(samples, np.ndarray) or isinstance(samples, np.memmap):
        return False
    if setup.strategy and keras.backend.backend() == "tensorflow":
        return False
    if train.augment and not is_affine(train.augment):
        return False
    memory = total_memory()
    return memory is None or samples.nbytes <= _SHARE * memory


def _plans(setup: Setup, first_epoch: int) -> Iterator[Plan]:
    """The plan of one epoch after another: the numbers that `batches` draws, drawn at once."""
    augment, images = setup.config.train.augment, setup.training.images
    for epoch in count(first_epoch):
        order, _ = epoch_order(len(images), setup.seed, epoch)
        if augment is None:
            yield (order,)
            continue
        size, batch_size = images.shape[1:3], setup.config.train.batch_size
        yield order, epoch_transforms(augment, setup.seed, epoch, len(order), size, batch_size)


def _gathered(setup: Setup, parts: list[np.ndarray], plans: Iterator[Plan]) -> Iterator[Any]:
    batch_size = setup.config.train.batch_size
    if keras.backend.backend() == "torch":
        return _by_index(parts, plans, batch_size, ops.convert_to_tensor)
    import jax  # pyright: ignore[reportMissingImports]

    if setup.strategy or setup.config.train.augment or jax.default_backend() != "cpu":
        return _in_jax(setup.strategy, parts, plans, batch_size)
    # JAX's threads spend 0.25 ms of processor time on these copies, and NumPy 0.01 ms.
    return _by_index(parts, plans, batch_size, np.asarray)


def _in_jax(
    strategy: Any, parts: list[np.ndarray], plans: Iterator[Plan], batch_size: int
) -> Iterator[Any]:
    import jax  # pyright: ignore[reportMissingImports]

    everywhere = shared(strategy) if strategy else None
    there = jax.device_put(parts, everywhere)

    @partial(jax.jit, static_argnames="size")
    def batch(there: Any, plan: Any, start: Any, size: int) -> tuple[Any, ...]:
        taken, *transforms = (jax.lax.dynamic_slice_in_dim(part, start, size) for part in plan)
        samples, *others = (part.at[taken].get(mode="promise_in_bounds") for part in there)
        found = (moved(samples, *transforms) if transforms else samples), *others
        if strategy is None:
            return found
        return jax.lax.with_sharding_constraint(found, shared(strategy, size))

    for plan in plans:
        plan, images = jax.device_put(plan, everywhere), len(plan[0])
        for start in range(0, images, batch_size):
            yield batch(there, plan, start, min(batch_size, images - start))


def _over_devices(batches: Iterator[Any], strategy: Any) -> Iterator[Any]:
    """On JAX: Keras would have each batch of `fit` shared as the first, and the last may not be."""
    import jax  # pyright: ignore[reportMissingImports]

    for batch in batches:
        yield jax.device_put(batch, shared(strategy, len(batch[0])))


def _by_index(
    parts: list[np.ndarray],
    plans: Iterator[Plan],
    batch_size: int,
    put: Callable[[np.ndarray], Any],
) -> Iterator[Any]:
    there = list(map(put, parts))
    for plan in plans:
        plan, images = list(map(put, plan)), len(plan[0])
        for start in range(0, images, batch_size):
            taken, *transforms = (part[start : start + batch_size] for part in plan)
            samples, *others = (part[taken] for part in there)
            yield (moved(samples, *transforms) if transforms else samples), *others
