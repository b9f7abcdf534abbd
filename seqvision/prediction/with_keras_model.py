"""Answers images or series with a Keras model."""

from typing import Any

import numpy as np

from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts, kind_of


class KerasAnswerer:
    """A Keras model that answers batches of any size, few of which are compiled.

    Each size of a batch takes a second to compile, so a smaller batch is filled up: to the least
    size compiled so far that holds it, else to a power of two.

    Args:
        model: from samples `(batch, *input_shape)` to logits, or to probabilities if its last layer
            is a softmax, `(batch, classes)`.
        facts: what is known of it; the shape of its input if None.
        name: what errors call it.
        batch: the largest batch, in samples.

    Raises:
        SeqvisionError: it is not such a model.
    """

    def __init__(self, model: Any, facts: Facts | None, name: str, batch: int):
        self.model, self.batch = model, batch
        given, got = _shape(model, "input_shape"), _shape(model, "output_shape")
        if not given or not got:
            raise SeqvisionError(f"{name}: is no model of one input and one output")
        self.num_classes = got[-1]
        if len(got) < 2 or not self.num_classes or self.num_classes < 2:
            raise SeqvisionError(f"{name}: answers {got}, expected (batch, classes)")
        self.input_shape = given[1:]
        if facts and len(facts.input_shape) == len(self.input_shape):
            sizes = zip(self.input_shape, facts.input_shape, strict=True)
            self.input_shape = tuple(own or known for own, known in sizes)
        self.facts = facts or Facts(self.input_shape, kind=_kind(model, self.input_shape))
        self._sizes: set[int] = set()
        activation = getattr(model.layers[-1], "activation", None) if model.layers else None
        self._is_softmax = getattr(activation, "__name__", "") == "softmax"

    def logits(self, samples: np.ndarray | Series) -> np.ndarray:
        """The float32 logits `(n, classes)` of images `(n, *input_shape)`, or of series.

        Of a model that says each step, `(n, steps, classes)`.
        """
        starts = range(0, len(samples), self.batch)
        return np.concatenate([self._answered(samples[s : s + self.batch]) for s in starts])

    def _answered(self, samples: np.ndarray | Series) -> np.ndarray:
        from keras import ops

        from seqvision.runs.padding import as_batch

        given = as_batch(samples)
        size = self._size(len(given))
        filled = given
        if size > len(given):
            filled = np.zeros((size, *given.shape[1:]), given.dtype)
            filled[: len(given)] = given
        # `model.predict` takes 55 ms for one image, this 1 ms.
        answers = ops.convert_to_numpy(self.model.predict_on_batch(filled))
        self._sizes.add(size)
        answers = answers[: len(given)].astype(np.float32)
        return np.log(np.maximum(answers, 1e-30)) if self._is_softmax else answers

    def _size(self, count: int) -> int:
        """The size to fill a batch of `count` samples up to."""
        doubled = min(self.batch, 1 << (count - 1).bit_length())
        return min((size for size in self._sizes if size >= count), default=doubled)


def _kind(model: Any, shape: tuple[int | None, ...]) -> str:
    """The kind of samples that a model reads of which no more is known."""
    from seqvision.inputs.series import SeriesInput

    of_series = any(isinstance(layer, SeriesInput) for layer in model.layers)
    return "series" if of_series else kind_of(shape)


def _shape(model: Any, side: str) -> tuple[Any, ...]:
    """The shape of a model's only input or output; empty if there are several, or none."""
    shape = getattr(model, side, None)
    return (
        shape if isinstance(shape, tuple) and not any(isinstance(n, tuple) for n in shape) else ()
    )
