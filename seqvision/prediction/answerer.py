"""A trained model, whatever file it is in, as something that answers batches of samples."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from seqvision.presets.facts import Facts

if TYPE_CHECKING:
    import numpy as np

    from seqvision.data.series import Series

BATCH = 250
"""Samples that are answered at once, at most."""


class Answerer(Protocol):
    """Answers images or series.

    Attributes:
        facts: what is known of the model; of a file without facts, only its input's shape.
    """

    facts: Facts

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of one image, `(height, width[, channels])`, or series, `(steps, features)`.

        None where any size will do.
        """
        ...

    @property
    def num_classes(self) -> int | None:
        """How many logits a sample has; None if the file does not say."""
        ...

    def logits(self, samples: "np.ndarray | Series") -> "np.ndarray":
        """The float32 logits `(n, classes)` of samples.

        These are images `(n, *input_shape)`, values in 0..255, or series, which are padded to one
        length.
        """
        ...

    def ask(self, samples: "np.ndarray | Series") -> "Callable[[], np.ndarray]":
        """Hand samples over to the model; what is returned waits for their logits."""
        ...


def answerer(source: Any, batch: int = BATCH) -> Answerer:
    """Load a trained model to answer samples with.

    Keras is imported only if the file is Keras's; an `.onnx` file is run by ONNX Runtime.

    Args:
        source: whatever names a trained model (`seqvision.presets.find`), or a `keras.Model`.
        batch: how many samples are answered at once, at most.

    Raises:
        SeqvisionError: there is no such model, it cannot be read, it is no classifier, or ONNX
            Runtime, an extra, is not installed.
    """
    if not isinstance(source, (str, Path)):
        from seqvision.prediction.with_keras_model import KerasAnswerer

        return KerasAnswerer(source, None, "the model", batch)
    from seqvision.presets.find import find_trained

    trained = find_trained(source)
    if trained.file.suffix == ".onnx":
        from seqvision.prediction.with_onnx import OnnxAnswerer

        return OnnxAnswerer(trained.file, trained.facts, batch)
    from seqvision.prediction.with_keras_model import KerasAnswerer
    from seqvision.saved import load_model

    return KerasAnswerer(load_model(source), trained.facts, str(source), batch)
