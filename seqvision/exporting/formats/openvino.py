"""OpenVINO's intermediate representation."""

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.exporting.format import Format, Run
from seqvision.exporting.formats import FORMATS

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph

FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}
"""Without it OpenVINO computes in bfloat16 where a CPU can, and differs by 1e-2."""


@FORMATS.register(
    "openvino",
    ending=".xml",
    runtime="OpenVINO",
    packages=["openvino"],
    extra="openvino",
    weights=["float16"],
    loop="open",
    unrolls=True,
)
class OpenVINO(Format):
    """Two files, `.xml` and `.bin`, for processors and accelerators of Intel's."""

    def write(self, graph: "Graph", path: Path, weights: str) -> dict[str, Any]:
        openvino = _openvino()
        model = openvino.convert_model(str(graph.saved_model()))
        openvino.save_model(model, path, compress_to_fp16=weights == "float16")
        return {"configuration": FLOAT32}

    def run(self, path: Path, threads: int | None = None) -> Run:
        openvino = _openvino()
        configuration = FLOAT32 | ({"INFERENCE_NUM_THREADS": threads} if threads else {})
        compiled = openvino.Core().compile_model(str(path), "CPU", configuration)

        def run(given: dict[str, Any]):
            answers = compiled(given)
            # What two outputs hold is one, by both names.
            return {name: answers[output] for output in compiled.outputs for name in output.names}

        return run


def _openvino() -> Any:
    """OpenVINO, without its telemetry unless that was imported before.

    Its converter reports each conversion to a server, from a process that it waits for, which takes
    minutes where there is no network. Where the telemetry's package is missing it reports nothing.
    """
    is_missing = sys.modules.setdefault("openvino_telemetry", None) is None  # type: ignore[arg-type]
    try:
        return importlib.import_module("openvino")
    finally:
        if is_missing:
            del sys.modules["openvino_telemetry"]
