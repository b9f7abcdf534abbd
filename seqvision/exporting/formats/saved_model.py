"""TensorFlow's SavedModel."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.exporting.format import Format, Run
from seqvision.exporting.formats import FORMATS

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph


@FORMATS.register("saved_model", ending="", runtime="TensorFlow", weights=[], loop="any")
class SavedModel(Format):
    """A folder for TensorFlow, TensorFlow Serving and whatever converts from it."""

    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        shutil.copytree(graph.saved_model(), path)
        return {"signatures": ["serve", "serving_default"]}

    def run(self, path: Path, threads: int | None = None) -> Run:
        import tensorflow as tf

        # TensorFlow's threads are those of the whole process: as many as there are cores.
        loaded = tf.saved_model.load(str(path))
        signature = loaded.signatures["serving_default"]

        def run(given: dict[str, Any]):
            # `loaded` must outlive the signature, whose variables it holds.
            assert loaded is not None
            tensors = {name: tf.constant(value) for name, value in given.items()}
            return {name: value.numpy() for name, value in signature(**tensors).items()}

        return run
