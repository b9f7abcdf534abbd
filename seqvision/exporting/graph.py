"""The graph that every format is made from: a model's inference, portable."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqvision.data.series import Series
from seqvision.exporting.chain import reads
from seqvision.exporting.format import INPUT, SERIES, Answer, Run
from seqvision.exporting.series import input_of_series
from seqvision.layers.each_line import EachLine
from seqvision.layers.engine.graph import UNROLLED_UP_TO, for_inference
from seqvision.runs.predict import logits


class Graph:
    """A model as one function of TensorFlow, traced: no training, no shards, plain operations.

    Use it in a `with`, at the end of which its temporary files are removed.

    Args:
        model: from `(batch, *input_shape)` to logits.
        softmax: whether it ends in probabilities.
        temperature: what logits are divided by; 1 leaves them.
        batch: the one batch size that it takes; None for any.
        unrolled: whether loops of up to `UNROLLED_UP_TO` steps that Keras runs are unrolled too, as
            the engine's are.
        steps: the one number of steps of the series that it takes; None for what the model takes,
            which may be any.
    """

    def __init__(
        self,
        model: keras.Model,
        softmax: bool = False,
        temperature: float = 1.0,
        batch: int | None = None,
        unrolled: bool = False,
        steps: int | None = None,
    ):
        self.model, self.batch, self.run = model, batch, model
        self.series = input_of_series(model)
        """What reads raw series; None of a model of images."""
        _, *shape = model.input_shape
        self.steps = (steps or shape[0]) if self.series else None
        self.shape = (self.steps, *shape[1:]) if self.series else tuple(shape)
        self.input = SERIES if self.series else INPUT
        self.signature: Any = tf.TensorSpec((batch, *self.shape), "float32", name=self.input)
        with _unrolled(model, self.steps) if unrolled else nullcontext():
            self._trace(softmax, temperature)

    def _trace(self, softmax: bool, temperature: float) -> None:
        """Trace `run`, from what the signature says to logits or to a dict with them."""
        self.output = "probabilities" if softmax else "logits"

        def inference(given: Any) -> dict[str, Any]:
            answers = self.run(given, training=False)
            answers = dict(answers) if isinstance(answers, dict) else {"logits": answers}
            logits = answers.pop("logits")
            logits = logits if temperature == 1 else logits / temperature
            return {self.output: tf.nn.softmax(logits) if softmax else logits, **answers}

        self.function = tf.function(inference, input_signature=[self.signature], autograph=False)
        with for_inference():
            self.traced = self.function.get_concrete_function()
        self._folder: Any = None

    def expected(self, samples: np.ndarray | Series) -> np.ndarray:
        """The logits of Keras's that answers to samples are compared with."""
        if isinstance(samples, Series) and self.steps:
            samples = samples.padded(self.steps)
        return logits(self.model, samples)

    def answer(self, run: Run) -> Answer:
        """From samples to answers, by a file of this graph."""
        return lambda samples: run({self.input: samples})[self.output]

    def more(self, run: Run) -> dict[str, Any]:
        """What else the sidecar says."""
        return {}

    @cached_property
    def operations(self) -> frozenset[str]:
        """The names of TensorFlow's operations in it, those of its functions too."""
        graph = self.traced.graph.as_graph_def()
        nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
        return frozenset(node.op for node in nodes)

    @property
    def has_loop(self) -> bool:
        """Whether it holds a while loop."""
        return bool(self.operations & {"While", "StatelessWhile"})

    def saved_model(self) -> Path:
        """The folder of a SavedModel of it, written once."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="seqvision-")
            archive = keras.export.ExportArchive()
            archive.track(self.run)
            archive.add_endpoint("serve", self.function)
            archive.write_out(f"{self._folder.name}/model", verbose=False)
        return Path(self._folder.name) / "model"  # The folder itself is closed to others.

    def __enter__(self) -> "Graph":
        return self

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()


@contextmanager
def _unrolled(model: keras.Model, steps: int | None) -> Iterator[None]:
    """Have the model's loops of few steps unrolled within; `steps` of series, if it is known."""
    layers = [(layer, layer.unroll) for layer, few in _loops(model, steps) if few]
    for layer, _ in layers:
        layer.unroll = True
    try:
        yield
    finally:
        for layer, unroll in layers:
            layer.unroll = unroll


def _loops(layer: Any, steps: int | None) -> Iterator[tuple[Any, bool]]:
    """The layers that loop over time within a layer, and whether few enough steps are known."""
    if isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
        steps = steps or reads(layer)[0].shape[1]
        both = isinstance(layer, keras.layers.Bidirectional)
        for way in (layer.forward_layer, layer.backward_layer) if both else (layer,):
            yield way, steps is not None and steps <= UNROLLED_UP_TO
    elif isinstance(layer, EachLine):
        yield from _loops(layer.layer, layer.steps)
    elif isinstance(layer, keras.Model):
        for each in layer.layers:
            yield from _loops(each, steps)
