"""Answers images or series with a Keras model."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts, kind_of
from seqvision.runs.late import late


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
        return np.concatenate([wait() for wait in late(self._handed_over(samples))])

    def ask(self, samples: np.ndarray | Series) -> Callable[[], np.ndarray]:
        """Hand samples over to the model; what is returned waits for their logits."""
        waits = list(self._handed_over(samples))
        return lambda: np.concatenate([wait() for wait in waits])

    def _handed_over(self, samples: np.ndarray | Series) -> Iterator[Callable[[], np.ndarray]]:
        for start in range(0, len(samples), self.batch):
            yield self._ask(samples[start : start + self.batch])

    def _ask(self, samples: np.ndarray | Series) -> Callable[[], np.ndarray]:
        from keras import ops

        from seqvision.runs.hand_over import hand_over
        from seqvision.runs.padding import as_batch

        given = as_batch(samples)
        size, count = self._size(len(given)), len(given)
        filled = given
        if size > count:
            filled = np.zeros((size, *given.shape[1:]), given.dtype)
            filled[:count] = given
        # `model.predict` takes 55 ms for one image, this 1 ms.
        handed_over = hand_over(self.model, filled)
        self._sizes.add(size)

        def wait() -> np.ndarray:
            answers = ops.convert_to_numpy(handed_over)[:count].astype(np.float32)
            return np.log(np.maximum(answers, 1e-30)) if self._is_softmax else answers

        return wait

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
