"""The graph of a model of one step, and how its file is tried."""

import time
from dataclasses import replace
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqvision.data.series import Series
from seqvision.exporting.format import Answer, Run
from seqvision.exporting.graph import Graph
from seqvision.exporting.series import input_of_series
from seqvision.exporting.stepwise import Stepwise
from seqvision.exporting.streaming import answer_to_nothing, description, step_model
from seqvision.runs.predict import logits
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
        self.series, self.steps = input_of_series(model), None
        self.shape = tuple(model.input_shape[1:])
        self.signature = {
            name: tf.TensorSpec((batch, tensor.shape[1]), tensor.dtype, name=name)
            for name, tensor in self.run.input.items()
        }
        self._trace(softmax, temperature)
        self.about = replace(description(model, self.run), output=self.output)

    def expected(self, samples: np.ndarray | Series) -> np.ndarray:
        """The logits of the whole model after each step, `(n, steps, classes)`."""
        if not isinstance(samples, Series):
            return logits(every_step(self.model), samples)
        # At a step of which nothing was observed the answer stays: it is padding until others come.
        steps = samples.padded()
        said = keras.ops.convert_to_numpy(every_step(self.model).predict_on_batch(steps))
        places = np.arange(steps.shape[1])
        counts = (~np.isnan(steps)).any(axis=2) & (places < said.shape[1])
        last = np.maximum.accumulate(np.where(counts, places, -1), axis=1)
        held = np.take_along_axis(said, np.maximum(last, 0)[:, :, None], axis=1)
        return np.where(last[:, :, None] < 0, answer_to_nothing(self.model), held)

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
