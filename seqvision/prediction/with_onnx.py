"""Answers images or series with a model in an ONNX file; neither Keras nor TensorFlow is needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.model_files import unreadable
from seqvision.presets.facts import Facts, kind_of

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
}


class OnnxAnswerer:
    """A model in an ONNX file, of one input and one output.

    Args:
        path: the file.
        facts: what is known of it; the shape of its input if None.
        batch: the largest batch, in samples, of a file that leaves it open.

    Raises:
        SeqvisionError: ONNX Runtime is not installed, or the file is damaged or no classifier.
    """

    def __init__(self, path: Path, facts: Facts | None, batch: int):
        runtime = _runtime()
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # Errors; it writes warnings to stderr by itself.
        # Idle threads that wait by spinning take the cores from those that read pictures.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            # Bytes could be a model whose weights lie in other files; a path finds these.
            self.session = runtime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has a dozen of its own.
            raise unreadable(path, "model", error) from None
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise SeqvisionError(
                f"{path}: has {len(inputs)} inputs and {len(outputs)} outputs, expected one each"
            )
        (self._input,) = inputs
        if self._input.type not in _TYPES:
            raise SeqvisionError(f"{path}: reads {self._input.type}, expected numbers")
        sizes = [n if isinstance(n, int) and n > 0 else None for n in self._input.shape]
        shape = tuple(sizes[1:])
        if facts and len(facts.input_shape) == len(shape):
            shape = tuple(a or b for a, b in zip(shape, facts.input_shape, strict=True))
        self.input_shape = shape
        self.facts = facts or Facts(shape, kind=kind_of(shape))
        last = outputs[0].shape[-1] if outputs[0].shape else None
        self.num_classes = last if isinstance(last, int) else None
        self.path = path
        self._fixed, self.batch = sizes[0] if sizes else None, batch
        self._is_softmax = bool(self.facts.more.get("softmax"))

    def logits(self, samples: np.ndarray | Series) -> np.ndarray:
        """The float32 logits `(n, classes)` of images `(n, *input_shape)`, or of series."""
        size = self._fixed or self.batch
        parts = [self._answered(samples[s : s + size]) for s in range(0, len(samples), size)]
        return np.concatenate(parts)

    def ask(self, samples: np.ndarray | Series) -> Callable[[], np.ndarray]:
        """The same of ONNX Runtime, which has answered when it returns."""
        logits = self.logits(samples)
        return lambda: logits

    def _answered(self, samples: np.ndarray | Series) -> np.ndarray:
        count = len(samples)
        given = np.asarray(samples, _TYPES[self._input.type])
        if self._fixed and count < self._fixed:
            rest = np.zeros((self._fixed - count, *given.shape[1:]), given.dtype)
            given = np.concatenate([given, rest])
        try:
            (answers,) = self.session.run(None, {self._input.name: given})
        except Exception as error:
            raise SeqvisionError(
                f"{self.path}: fails: {str(error).partition(chr(10))[0]}"
            ) from None
        answers = np.asarray(answers)[:count].astype(np.float32)
        if answers.ndim != 2 or answers.shape[1] < 2:
            raise SeqvisionError(
                f"{self.path}: answers {answers.shape[1:]} a sample, expected (classes,)"
            )
        return np.log(np.maximum(answers, 1e-30)) if self._is_softmax else answers


def _runtime() -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise SeqvisionError(
            "an .onnx file needs ONNX Runtime: pip install 'seqvision[onnx]'"
        ) from None
    return onnxruntime
