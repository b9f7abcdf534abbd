"""Training batches as a `tf.data.Dataset`, the next of which TensorFlow's own threads prepare."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqvision.runs.resample import moved

_AHEAD = 2


def as_dataset(batches: Callable[[], Iterator[tuple[Any, ...]]], series: bool = False) -> Any:
    """Batches that Python makes, of any length if they are of series.

    Under a strategy every device takes its share of each.

    Keras 3.15 starts a plain generator twice under a strategy, and loses a batch.
    """
    import tensorflow as tf

    samples, *others = next(batches())
    shape = (None, None, samples.shape[2]) if series else (None, *samples.shape[1:])
    signature = (
        tf.TensorSpec(shape, samples.dtype),
        *(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in others),
    )
    return _untuned(tf.data.Dataset.from_generator(batches, output_signature=signature))


def gathered_dataset(
    parts: list[np.ndarray], plans: Callable[[], Iterator[tuple[np.ndarray, ...]]], batch_size: int
) -> Any:
    """Batches that TensorFlow gathers, and Python has no part in but once an epoch.

    Args:
        parts: what batches hold of each image: itself, its label and more.
        plans: for one epoch after another the order of the images and, if they are moved, their
            transforms.
    """
    import tensorflow as tf

    with tf.device("CPU"):
        tensors = [tf.constant(part) for part in parts]
    plan = next(plans())
    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in plan)

    # AutoGraph would read the source of both, and there is nothing for it to do.
    plain = tf.autograph.experimental.do_not_convert

    @plain
    def of_epoch(order: Any, *transforms: Any) -> Any:
        @plain
        def batch(start: Any) -> tuple[Any, ...]:
            taken = order[start : start + batch_size]
            samples, *others = (tf.gather(part, taken) for part in tensors)
            if transforms:
                samples = moved(samples, transforms[0][start : start + batch_size])
            return samples, *others

        return tf.data.Dataset.range(0, len(plan[0]), batch_size).map(batch)

    epochs = tf.data.Dataset.from_generator(plans, output_signature=signature).prefetch(1)
    return _untuned(epochs.flat_map(of_epoch))


def _untuned(dataset: Any) -> Any:
    """The same, made ahead, without the thread that would tune how many are.

    At the end of `fit` Keras would wait for that thread, which sleeps for 10 milliseconds at first
    and then for twice as long each time.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(_AHEAD).with_options(options)
