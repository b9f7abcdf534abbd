"""ONNX, by tf2onnx and for ONNX Runtime."""

import logging
import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqvision.exporting.format import Format, Run
from seqvision.exporting.formats import FORMATS
from seqvision.exporting.half import halve

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph


@FORMATS.register(
    "onnx",
    ending=".onnx",
    runtime="ONNX Runtime",
    packages=["tf2onnx", "onnx", "onnxruntime"],
    extra="onnx",
    weights=["float16", "int8"],
    loop="any",
)
class Onnx(Format):
    """An open format that ONNX Runtime and most others read, on servers, phones and the web."""

    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        import onnx
        import tf2onnx

        from seqvision.privates import make_tf2onnx_work_with_numpy_2

        make_tf2onnx_work_with_numpy_2()
        convert = partial(
            tf2onnx.convert.from_function,
            graph.function,
            [graph.signature],
            custom_op_handlers={"Erfc": (_erfc, [])},
        )
        try:
            with _quiet("tf2onnx", "root", level=logging.CRITICAL), _without_copies():
                made, _ = convert()
        except Exception:  # If an optimizer failed, tf2onnx can go on from a copy.
            with _quiet("tf2onnx", "root"):
                made, _ = convert()
        for value in (*made.graph.input, *made.graph.output):
            # Where a size is open; tf2onnx calls it `unk__65`.
            for name, size in zip(
                ("batch", "steps"), value.type.tensor_type.shape.dim, strict=False
            ):
                if not size.dim_value:
                    size.dim_param = name
        if weights == "float16":
            halve(made)
        onnx.save(made, path)
        if weights == "int8":
            from onnxruntime.quantization import QuantType, quantize_dynamic

            with _quiet("root"):
                # Weights of loops lie in the graphs of their bodies. With a sign, their products
                # with activations, which have none, overflow on processors of AVX2 without VNNI.
                options = {"EnableSubgraph": True, "WeightSymmetric": True}
                quantize_dynamic(path, path, weight_type=QuantType.QUInt8, extra_options=options)
        return {"opset": {each.domain or "ai.onnx": each.version for each in made.opset_import}}

    def run(self, path: Path, threads: int | None = None) -> Run:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # Errors; it writes warnings to stderr by itself.
        options.intra_op_num_threads = threads or 0
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        return lambda given: dict(zip(names, session.run(names, given), strict=True))


def _erfc(graph: Any, node: Any, name: str, arguments: list[Any]) -> Any:
    """Have tf2onnx write 1 − erf(x) for erfc(x), of Keras's GELU, for which ONNX has nothing."""
    from tf2onnx.utils import make_name, map_onnx_to_numpy_type

    number = map_onnx_to_numpy_type(graph.get_dtype(node.output[0]))
    one = graph.make_const(make_name("one"), np.array(1, number))
    erf = graph.make_node("Erf", node.input)
    node.type = "Sub"
    graph.replace_inputs(node, [one.output[0], erf.output[0]])
    return node


@contextmanager
def _without_copies():
    """Have tf2onnx make no copy of the graph before each of its optimizers.

    They take a third of its time, and are for the case that one fails.
    """
    name = "TF2ONNX_CATCH_ERRORS"  # Whatever it says: that it is there is what tf2onnx asks.
    before = os.environ.get(name)
    os.environ[name] = "FALSE"
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.update({name: before})


@contextmanager
def _quiet(*loggers: str, level: int = logging.ERROR):
    """Show only the errors of loggers, or what is worse."""
    them = [logging.getLogger(None if name == "root" else name) for name in loggers]
    levels = [each.level for each in them]
    for each in them:
        each.setLevel(level)
    try:
        yield
    finally:
        for each, level in zip(them, levels, strict=True):
            each.setLevel(level)
