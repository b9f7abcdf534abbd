"""The graph of the tutorial this project grew from: TensorFlow 1's cells and `dynamic_rnn`."""

import time
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.work import Work
from seqvision.specs import name_and_options


@CONTENDERS.register("tf1", reset_after=False)
def tf1_graph(work: Work, weights: list[np.ndarray]) -> Contender:
    """TensorFlow 1's cells in `dynamic_rnn`; its GRU resets before the product."""
    options = work.model
    cell, _ = name_and_options(options.get("cell", "none"))
    if options["family"] != "stacked" or cell not in ("gru", "lstm") or options["layer_norm"]:
        raise CannotDo("the TensorFlow 1 graph stacks plain GRUs and LSTMs")
    if work.steps is not None:
        raise CannotDo("the TensorFlow 1 graph reads images")
    if options["scan"] not in ("rows", "columns") or len(work.input_shape) != 2:
        raise CannotDo("the TensorFlow 1 graph reads grey images by rows or columns")
    if options["pooling"] not in ("last", "mean") or work.precision != "float32":
        raise CannotDo("the TensorFlow 1 graph pools by last or mean, in float32")
    import tensorflow

    from seqvision.privates import tensorflow_1_cells

    tf: Any = tensorflow.compat.v1
    cells = tensorflow_1_cells()
    optimizers: dict[str, Any] = {
        "rmsprop": tf.train.RMSPropOptimizer,
        "adam": tf.train.AdamOptimizer,
        "sgd": tf.train.GradientDescentOptimizer,
    }
    if work.optimizer not in optimizers:
        raise CannotDo(f"TensorFlow 1 has no optimizer {work.optimizer!r}")
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(0)  # Deterministic TensorFlow needs a seed.
        images = tf.placeholder(tf.float32, (None, *work.input_shape))
        labels = tf.placeholder(tf.int64, (None,))
        keep = tf.placeholder_with_default(1.0, ())
        sequence = images * options["scale"]
        if options["scan"] == "columns":
            sequence = tf.transpose(sequence, (0, 2, 1))
        units = options["units"] if isinstance(options["units"], list) else [options["units"]]
        make = cells.GRUCell if cell == "gru" else lambda n: cells.LSTMCell(n, forget_bias=0.0)
        stack = [cells.DropoutWrapper(make(n), output_keep_prob=keep) for n in units]
        outputs, _ = tf.nn.dynamic_rnn(cells.MultiRNNCell(stack), sequence, dtype=tf.float32)
        last = outputs[:, -1] if options["pooling"] == "last" else tf.reduce_mean(outputs, 1)
        kernel = tf.get_variable("kernel", (units[-1], work.num_classes))
        bias = tf.get_variable("bias", (work.num_classes,))
        logits = tf.matmul(last, kernel) + bias
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        train = optimizers[work.optimizer](1e-3).minimize(tf.reduce_mean(losses))
        session = tf.Session(graph=graph)
        session.run(tf.global_variables_initializer())
        for variable, value in zip(tf.trainable_variables(), _as_tf1(weights, cell), strict=True):
            variable.load(value, session)
    batch = work.batch()
    feed = {images: batch[0], labels: batch[1], keep: 1 - options["dropout"]}

    def fit(steps: int) -> list[float]:
        ends = []
        for _ in range(steps):
            session.run(train, feed)
            ends.append(time.perf_counter())
        return ends

    return Contender(fit, lambda images_: session.run(logits, {images: images_}))


def _as_tf1(weights: list[np.ndarray], cell: str) -> list[np.ndarray]:
    """Keras's weights as TensorFlow 1's cells hold them: inputs and state in one kernel."""
    *recurrent, kernel, bias = weights
    converted = []
    for place in range(0, len(recurrent), 3):
        block = np.concatenate(recurrent[place : place + 2])
        biases = recurrent[place + 2]
        if cell == "lstm":  # i, f, c, o become i, c, f, o.
            converted += [_swapped(block), _swapped(biases)]
            continue
        z, r, h = np.split(block, 3, axis=1)  # Its gates are r, u; its u keeps, as Keras's z does.
        bz, br, bh = np.split(biases, 3)
        gates = np.concatenate([r, z], axis=1), np.concatenate([br, bz])
        converted += [*gates, h, bh]
    return [*converted, kernel, bias]


def _swapped(block: np.ndarray) -> np.ndarray:
    i, f, c, o = np.split(block, 4, axis=-1)
    return np.concatenate([i, c, f, o], axis=-1)
