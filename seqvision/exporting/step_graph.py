"""The graph of a model of one step, and how its file is tried."""

import time
from dataclasses import replace
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqvision.exporting.format import Answer, Run
from seqvision.exporting.graph import Graph
from seqvision.exporting.stepwise import Stepwise
from seqvision.exporting.streaming import description, step_model
from seqvision.runs.prefixes import every_step

_TIMED = 200  # calls


class StepGraph(Graph):
    """The step model of a causal model as a graph, with names for all that goes in and out.

    Args:
        model, softmax, temperature, batch: as of `Graph`.

    Raises:
        SeqvisionError: the model has no step model.
    """

    def __init__(
        self,
        model: keras.Model,
        softmax: bool = False,
        temperature: float = 1.0,
        batch: int | None = None,
    ):
        self.model, self.batch, self.run = model, batch, step_model(model)
        self.signature = {
            name: tf.TensorSpec((batch, tensor.shape[1]), tensor.dtype, name=name)
            for name, tensor in self.run.input.items()
        }
        self._trace(softmax, temperature)
        self.about = replace(description(model, self.run), output=self.output)

    @property
    def expected(self) -> keras.Model:
        """The whole model, with logits after each step."""
        return every_step(self.model)

    def answer(self, run: Run) -> Answer:
        """From images to what a file says after each step, `(batch, steps, classes)`."""
        return Stepwise(run, self.about).after_each_step

    def more(self, run: Run) -> dict[str, Any]:
        """What a row and the first states are, and how long a step takes, in milliseconds."""
        step = Stepwise(run, self.about)
        batch = self.batch or 1
        row, states = np.zeros((batch, self.about.features), self.about.dtype), step.start(batch)
        took = []
        for _ in range(_TIMED):
            began = time.perf_counter()
            _, states = step(row, states)
            took.append(time.perf_counter() - began)
        milliseconds = round(1000 * median(took), 4)
        return {"streaming": {**self.about.to_json(), "milliseconds_a_step": milliseconds}}
