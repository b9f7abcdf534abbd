"""LiteRT, once called TensorFlow Lite."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.exporting.format import Format, Run
from seqvision.exporting.formats import FORMATS

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph


@FORMATS.register(
    "litert",
    ending=".tflite",
    runtime="LiteRT",
    packages=["ai_edge_litert"],
    extra="litert",
    weights=["float16", "int8"],
    loop="fixed",
    steps="fixed",
    unrolls=True,
)
class LiteRT(Format):
    """A small file for phones and microcontrollers, which needs none of TensorFlow's operations."""

    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        import tensorflow as tf

        # Not from the function: its variables would hold whatever is in memory (TensorFlow 2.21).
        converter = tf.lite.TFLiteConverter.from_saved_model(str(graph.saved_model()))
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())
        return {}

    def run(self, path: Path, threads: int | None = None) -> Run:
        from ai_edge_litert.interpreter import Interpreter

        # It fits itself to each batch.
        run = Interpreter(model_path=str(path), num_threads=threads).get_signature_runner()
        return lambda given: run(**given)
