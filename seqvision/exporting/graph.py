"""The graph that every format is made from: a model's inference, portable."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from seqvision.exporting.format import INPUT, Answer, Run
from seqvision.layers.engine.graph import UNROLLED_UP_TO, for_inference


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
    """

    def __init__(
        self,
        model: keras.Model,
        softmax: bool = False,
        temperature: float = 1.0,
        batch: int | None = None,
        unrolled: bool = False,
    ):
        self.model, self.batch, self.run = model, batch, model
        self.signature: Any = tf.TensorSpec((batch, *model.input_shape[1:]), "float32", name=INPUT)
        with _unrolled(model) if unrolled else nullcontext():
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

    @property
    def expected(self) -> keras.Model:
        """The model whose logits an image's answers are compared with."""
        return self.model

    def answer(self, run: Run) -> Answer:
        """From images to answers, by a file of this graph."""
        return lambda images: run({INPUT: images})[self.output]

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
def _unrolled(model: keras.Model) -> Iterator[None]:
    """Have the model's loops of few steps unrolled within."""
    layers = [(layer, layer.unroll) for layer, steps in _loops(model, None) if steps]
    for layer, _ in layers:
        layer.unroll = True
    try:
        yield
    finally:
        for layer, unroll in layers:
            layer.unroll = unroll


def _loops(layer: Any, steps: int | None) -> Iterator[tuple[Any, bool]]:
    """The layers that loop over time within a layer, and whether few enough steps are known."""
    if isinstance(layer, keras.layers.RNN):
        steps = steps or layer.input.shape[1]
        yield layer, steps is not None and steps <= UNROLLED_UP_TO
    elif isinstance(layer, keras.layers.Bidirectional):
        for way in (layer.forward_layer, layer.backward_layer):
            yield from _loops(way, layer.input.shape[1])
    elif isinstance(layer, keras.Model):
        for each in layer.layers:
            yield from _loops(each, steps)
