"""The JSON file beside an exported one: what it is, how it is to be fed, how it was checked."""

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import keras

from seqvision.exporting.format import Format
from seqvision.exporting.graph import Graph
from seqvision.presets.facts import Facts
from seqvision.scans.base import Scan

_PACKAGES = {"ai_edge_litert": "ai-edge-litert"}
"""What is not called as its module is."""

_WORDS = "Give raw pixels from 0 to 255 as float32; all else is inside the file."
_WORDS_OF_STEPS = (
    "Give the raw pixels of one step, from 0 to 255 as float32; `streaming.places` says where in "
    "the flat image each value of each step lies. The states are `initial` at first, then what "
    "came out as `next`."
)

_WORDS_OF_SERIES = (
    "Give raw series as float32, NaN where nothing was observed and after the end of each, so that "
    "all of a batch have one number of steps; all else is inside the file."
)
_WORDS_OF_STEPS_OF_SERIES = (
    "Give the raw values of one step as float32, NaN where nothing was observed. The states are "
    "`initial` at first, then what came out as `next`."
)


def content(
    facts: Facts, graph: Graph, name: str, format: type[Format], temperature: float | None
) -> dict[str, Any]:
    """What is said of a file besides its check: facts, format, preprocessing and versions.

    Args:
        temperature: what the logits are divided by within the file, if they are.
    """
    if temperature is not None:  # Whoever reads the file need not, and must not, divide again.
        facts = replace(facts, temperature=None)
    packages = ["seqvision", "keras", "tensorflow", "numpy", *format.card.get("packages", [])]
    return {
        **facts.to_json(),
        "format": name,
        "runtime": format.card["runtime"],
        "softmax": graph.output == "probabilities",
        "divided_by": temperature,
        "output": graph.output,
        "batch": graph.batch or "any",
        "preprocessing": _preprocessing(graph),
        "versions": {package: _version(package) for package in packages},
    }


def _preprocessing(graph: Graph) -> dict[str, Any]:
    return _of_images(graph) if graph.series is None else _of_series(graph)


def _of_series(graph: Graph) -> dict[str, Any]:
    reads: Any = graph.series
    by_step = hasattr(graph, "about")
    mask = [] if by_step else ["a mask of the steps after the last observed one"]
    flags = ["flags of gaps"] if reads.gap_flags else []
    cut = [] if reads.max_steps is None else [f"a cut to {reads.max_steps} steps ({reads.keep})"]
    return {
        "input": "row" if by_step else graph.input,
        "layout": ["batch", *([] if by_step else ["step"]), "feature"],
        "shape": [graph.batch, *(graph.shape[1:] if by_step else graph.shape)],
        "dtype": "float32",
        "absent": "NaN",
        "inside": [
            f"normalisation ({reads.normalize})",
            f"a filling of gaps ({reads.gaps})",
            *flags,
            *cut,
            *mask,
        ],
        "in_words": _WORDS_OF_STEPS_OF_SERIES if by_step else _WORDS_OF_SERIES,
    }


def _of_images(graph: Graph) -> dict[str, Any]:
    shape = list(graph.model.input_shape[1:])
    axes = ["height", "width", "channel"][: len(shape)]
    about = getattr(graph, "about", None)
    if about is not None:  # The model of one step.
        shape, axes = [about.features], ["value of the step"]
    scans = [layer for layer in graph.model.layers if isinstance(layer, Scan)]
    scales = [la.scale for la in graph.model.layers if isinstance(la, keras.layers.Rescaling)]
    inside = [f"a multiplication of pixels by {scale:.6g}" for scale in scales]
    if about is None:
        inside += [f"the order of reading ({type(scan).__name__})" for scan in scans]
    return {
        "input": graph.input if about is None else "row",
        "layout": ["batch", *axes],
        "shape": [graph.batch, *shape],
        "dtype": "float32",
        "black": 0,
        "white": 255,
        "inside": inside,
        "in_words": _WORDS if about is None else _WORDS_OF_STEPS,
    }


def _version(package: str) -> str | None:
    try:
        return version(_PACKAGES.get(package, package))
    except PackageNotFoundError:
        return None
