"""How fast this machine could train a model if it did nothing but multiply its matrices."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqvision.bench.contenders import CannotDo
from seqvision.bench.work import Work
from seqvision.cores import available_cores

_PEAK_SECONDS = 0.5


def ceiling(work: Work) -> dict[str, Any]:
    """Training images/s of the products of the model's recurrent layers alone, in float32.

    The speed is the peak of this processor: what one core reaches in the native core's products of
    packed operands that never leave its caches, times the cores. Where there is no native core,
    TensorFlow's products in the same shapes are timed in its place. Where the backend computes on
    an accelerator, it is what large products reach there.

    Returns:
        `train_images_per_second`, and what was measured for it, in FLOP/s: `peak_flops_per_core`,
        or `peak_flops` of an accelerator.

    Raises:
        CannotDo: no layer of the model multiplies its state, as in blocks of mixers.
        RuntimeError: there is no native core, and TensorFlow has started, and with it its threads.
    """
    from seqvision.devices import accelerator
    from seqvision.native import core

    flops = sum(2 * m * k * n * count for (m, k, n), count in products(work)) / work.batch_size
    if accelerator():
        peak = _peak_of_large_products()
        return {"train_images_per_second": peak / flops, "peak_flops": peak}
    if core.hindrance() is not None:
        return {"train_images_per_second": work.batch_size / _seconds_in_tensorflow(work)}
    peak = core.load().sv_peak(_PEAK_SECONDS)
    rate = peak * available_cores() / flops
    return {"train_images_per_second": rate, "peak_flops_per_core": peak}


def _peak_of_large_products(size: int = 8192, times: int = 10) -> float:
    """FLOP/s of products (size, size) × (size, size) in float32, as precise as the backend's are.

    It is the best of five tries. Each product needs the one before, and the last is waited for.
    """
    from keras import ops, random

    product = random.normal((size, size), seed=0)
    factor = random.normal((size, size), stddev=size**-0.5, seed=1)
    took = []
    for _ in range(5):
        ops.convert_to_numpy(product[0, 0])
        start = time.perf_counter()
        for _ in range(times):
            product = ops.matmul(product, factor)
        ops.convert_to_numpy(product[0, 0])
        took.append(time.perf_counter() - start)
    return 2 * size**3 * times / min(took)


def _seconds_in_tensorflow(work: Work) -> float:
    """The time of one training step's products in TensorFlow.

    Each layer's are done in the shapes that an ideal implementation has (see `products`). They do
    not depend on one another, with nothing between them. Each is cut into one shard for each core,
    which is faster than cores that share a product.
    """
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(available_cores())
    tf.config.threading.set_intra_op_parallelism_threads(1)
    return sum(count * _seconds(shape, available_cores()) for shape, count in products(work))


def products(work: Work) -> list[tuple[tuple[int, int, int], int]]:
    """`((m, k, n), how often)` of every product (m, k) × (k, n) in one training step.

    Forward and backward, in the shapes of an ideal implementation: the input of all steps at once,
    the state step by step, and each kernel's gradient at once.
    """
    from seqvision.bench.contenders.keras import twin

    batch, counted = work.batch_size, []
    for cell, steps in _cells(twin(work), work.steps):
        kernel, recurrent = cell.kernel.shape, cell.recurrent_kernel.shape
        counted += [
            ((batch * steps, kernel[0], kernel[1]), 1),  # All inputs at once.
            ((batch * steps, kernel[1], kernel[0]), 1),  # Their gradients.
            ((kernel[0], batch * steps, kernel[1]), 1),  # The kernel's gradient.
            ((batch, recurrent[0], recurrent[1]), steps),
            ((batch, recurrent[1], recurrent[0]), steps),
            ((recurrent[0], batch * steps, recurrent[1]), 1),
        ]
    if not counted:
        raise CannotDo("no layer of the model multiplies its state")
    return counted


def _cells(model: Any, of_series: int | None) -> Iterator[tuple[Any, int]]:
    """The cell of each recurrent layer, and how many steps it reads.

    Args:
        of_series: how many steps series have that the model reads, if any number will do.
    """
    import keras

    for layer in model.layers:
        if isinstance(layer, (keras.layers.Bidirectional, keras.layers.RNN)):
            given = layer.input  # With its mask, if there is one.
            sequence = given[0] if isinstance(given, list) else given
            steps = sequence.shape[1] or of_series or 1
            directions = (
                [layer.forward_layer, layer.backward_layer]
                if isinstance(layer, keras.layers.Bidirectional)
                else [layer]
            )
            yield from ((each.cell, steps) for each in directions)


def _seconds(shape: tuple[int, int, int], shards: int) -> float:
    """The median time of one product (m, k) × (k, n), its m rows cut into shards side by side."""
    import tensorflow as tf

    m, k, n = shape
    rows = max(1, m // shards)
    generator = np.random.default_rng(0)
    # Enough to outweigh the cost of a call, but not so many that tracing takes long.
    times = min(400, max(1, round(2e9 / (2 * m * k * n))))
    # Each product has its own operand, so that TensorFlow does not merge equal ones.
    left = [
        tf.constant(generator.normal(size=(rows, k)), tf.float32) for _ in range(shards * times)
    ]
    right = tf.constant(generator.normal(size=(k, n)), tf.float32)

    @tf.function
    def multiply() -> Any:
        return [tf.matmul(part, right) for part in left]  # What is not returned is not computed.

    multiply()
    took = []
    for _ in range(7):
        start = time.perf_counter()
        multiply()
        took.append(time.perf_counter() - start)
    return float(np.median(took)) / times
