"""Exported models, run by the runtimes of their formats. They answer, and do not train."""

import atexit
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.work import Work
from seqvision.cores import available_cores
from seqvision.errors import SeqvisionError
from seqvision.exporting.format import INPUT, SERIES
from seqvision.exporting.formats import FORMATS


@CONTENDERS.register("onnx", ours=True, trains=False, keras=False)
def onnx(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model exported to ONNX, in ONNX Runtime."""
    return _contender("onnx", work, weights)


@CONTENDERS.register("litert", ours=True, trains=False, keras=False)
def litert(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model exported to LiteRT; in batches of the one size that the file takes, if it does."""
    return _contender("litert", work, weights)


@CONTENDERS.register("openvino", ours=True, trains=False, keras=False)
def openvino(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model exported to OpenVINO, in float32."""
    return _contender("openvino", work, weights)


@CONTENDERS.register("saved_model", ours=True, trains=False, keras=False)
def saved_model(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model exported to a SavedModel, in TensorFlow without Keras."""
    return _contender("saved_model", work, weights)


def _contender(name: str, work: Work, weights: list[np.ndarray]) -> Contender:
    """A file made by a process of its own, so that this one holds no more than its runtime."""
    format = FORMATS.get(name)
    folder = tempfile.TemporaryDirectory(prefix="seqvision-bench-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, f"model{format.card['ending']}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        batch = process.submit(_export, name, work, weights, path).result()
    name = INPUT if work.steps is None else SERIES
    answer = format().read(path, threads=available_cores(), name=name)

    def predict(images: np.ndarray) -> np.ndarray:
        if batch is None:
            return answer(images)
        parts = range(0, len(images), batch)
        return np.concatenate([answer(images[start : start + batch]) for start in parts])

    return Contender(None, predict)


def _export(name: str, work: Work, weights: list[np.ndarray], path: Path) -> int | None:
    """Export the work's model in float32; return the one batch size that the file takes, if one."""
    from seqvision.exporting.api import export
    from seqvision.families.build import build_family

    model = build_family(work.model, work.input_shape, work.num_classes)
    model.set_weights(weights)
    try:
        batch = export(model, path, name)["batch"]
    except SeqvisionError as error:
        raise CannotDo(str(error)) from None
    return None if batch == "any" else batch
