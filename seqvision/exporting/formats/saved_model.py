"""TensorFlow's SavedModel."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.exporting.format import INPUT, Answer, Format
from seqvision.exporting.formats import FORMATS

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph


@FORMATS.register("saved_model", ending="", runtime="TensorFlow", weights=[], loop="any")
class SavedModel(Format):
    """A folder for TensorFlow, TensorFlow Serving and whatever converts from it."""

    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        shutil.copytree(graph.saved_model(), path)
        return {"signatures": ["serve", "serving_default"]}

    def read(self, path: Path) -> Answer:
        import tensorflow as tf

        loaded = tf.saved_model.load(str(path))
        signature = loaded.signatures["serving_default"]

        def answer(images):
            # `loaded` must outlive the signature, whose variables it holds.
            assert loaded is not None
            (result,) = signature(**{INPUT: tf.constant(images)}).values()
            return result.numpy()

        return answer
