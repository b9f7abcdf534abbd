"""`seqvision.export`: a trained model as a file for another runtime, checked against Keras."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.errors import SeqvisionError
from seqvision.exporting.files import checksums
from seqvision.exporting.formats import FORMATS
from seqvision.exporting.place import check_place, format_of, write_checked
from seqvision.import_keras import import_keras, quietly
from seqvision.presets.facts import Facts
from seqvision.presets.find import find_trained

if TYPE_CHECKING:
    import keras

    from seqvision.exporting.format import Format
    from seqvision.exporting.graph import Graph


def export(
    model: "str | Path | keras.Model",
    path: str | Path,
    to: str | None = None,
    *,
    softmax: bool = False,
    temperature: float | str | None = None,
    batch: int | None = None,
    steps: int | None = None,
    weights: str = "float32",
    streaming: bool = False,
    force: bool = False,
) -> dict[str, Any]:
    """Write a trained model for another runtime, check its answers, and describe it beside it.

    The file takes raw images, `(batch, *input_shape)` in 0..255 as float32, or raw series `(batch,
    steps, features)`, NaN where nothing was observed and after the end of each, and answers with
    logits, or probabilities. It is tried by its own runtime on random samples, and on real ones,
    the model's own test samples if they are on this machine, in batches of 1, 2 and 7. If an answer
    differs from Keras's by more than 1e-5, or 1e-5 of the sample's largest logit, nothing is kept.
    `PATH.json` then says how to use it: classes, preprocessing, the check, versions, SHA-256.

    Args:
        model: a `keras.Model`, or where a trained one is: a run's folder or a `.keras` file.
        path: where to write: `.onnx`, `.tflite`, `.xml` (and `.bin`), or a folder.
        to: `onnx`, `saved_model`, `litert` or `openvino`; if not given, what the ending says.
        softmax: end in probabilities, not in logits.
        temperature: what logits are divided by: a number, or `"auto"` for the one fitted on
            validation images, or `"none"`. If not given, `softmax` takes the fitted one if there is
            one, and logits stay as they are.
        batch: the one batch size that the file takes. If not given, any; only LiteRT, where a loop
            over more than 64 steps remains, takes 1.
        steps: of series, the one number of steps that the file takes. If not given, any, which
            LiteRT cannot do. Shorter series are padded with NaN, which changes no answer.
        weights: what they are stored as: `float32`, or for some formats `float16` or `int8`. Then
            the answers may differ more (1e-2, and of int8 a tenth of the classes), and the accuracy
            on the test samples is said.
        streaming: write the model of one step: `row`, the raw values that a causal model reads
            next, and its states go in, and its answer so far and the new states, `NAME_next`, come
            out. `streaming` in `PATH.json` says what a row and the first states are. Compared with
            Keras is then the answer after each step.
        force: replace what is there.

    Returns:
        What `PATH.json` says, and `path` and `seconds`.

    Raises:
        SeqvisionError: there is no such model or format, an option is wrong, the format cannot do
            it, something is not installed, or the file does not answer as Keras does. Nothing is
            then written.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> path = seqvision.export(record.folder, "tiny.onnx", softmax=True, force=True)
    """
    path = Path(path).expanduser()
    name = format_of(path, to)
    format = FORMATS.get(name)
    _check_numbers(temperature, batch, steps)
    format.check_installed(name)
    check_place(path, force)
    facts = None
    if isinstance(model, (str, Path)):
        facts = _facts(model)
        import_keras()
        from seqvision.exporting import limits
        from seqvision.saved import load_model

        limits.check_backend()
        model = load_model(model)
    from seqvision.exporting import limits

    limits.check_backend()
    limits.check_weights(weights, name, format)
    limits.check_model(model, name)
    if not streaming:
        limits.check_steps(model, steps, name, format)
    elif steps is not None:
        raise SeqvisionError("steps: a model of one step reads series of any number; leave it out")
    if softmax or temperature not in (None, "none"):
        limits.check_softmax(model)
    divisor = _divisor(temperature, softmax, facts)
    began = time.perf_counter()
    with _graph(model, name, format, softmax, divisor, batch, steps, streaming) as graph:

        def write(made: Path) -> dict[str, Any]:
            return make(made, graph, name, format, facts, divisor, weights)

        said = write_checked(path, write)
    return {"path": str(path), **said, "seconds": round(time.perf_counter() - began, 3)}


def _check_numbers(temperature: float | str | None, batch: int | None, steps: int | None) -> None:
    is_number = isinstance(temperature, (int, float)) and not isinstance(temperature, bool)
    if temperature not in (None, "auto", "none") and not (is_number and 0 < temperature < 1e9):  # type: ignore[operator]
        raise SeqvisionError(
            f"temperature: expected a positive number, 'auto' or 'none', got {temperature!r}"
        )
    for option, number in (("batch", batch), ("steps", steps)):
        if number is not None and (not isinstance(number, int) or not 0 < number <= 65536):
            raise SeqvisionError(
                f"{option}: expected a whole number from 1 to 65536, got {number!r}"
            )


def _facts(source: str | Path) -> Facts | None:
    found = find_trained(source)
    if found.file.suffix == ".onnx":
        raise SeqvisionError(f"model: {source} is exported already; name the model it is made from")
    return found.facts


def _divisor(temperature: float | str | None, softmax: bool, facts: Facts | None) -> float | None:
    """What the logits are divided by; None if they are not."""
    fitted = facts.temperature if facts else None
    if temperature == "auto" and fitted is None:
        raise SeqvisionError(
            "temperature: none was fitted for this model; give a number, or leave it out"
        )
    if temperature == "auto" or (temperature is None and softmax):
        return fitted
    return None if temperature in (None, "none") else float(temperature)


def _graph(
    model: Any,
    name: str,
    format: "type[Format]",
    softmax: bool,
    divisor: float | None,
    batch: int | None,
    steps: int | None,
    streaming: bool,
) -> "Graph":
    """The graph to write, of the batch that the format can do."""
    from seqvision.exporting import limits
    from seqvision.exporting.graph import Graph
    from seqvision.exporting.step_graph import StepGraph

    if streaming:
        return StepGraph(model, softmax, divisor or 1.0, batch)
    unrolls = format.card.get("unrolls", False)
    graph = Graph(model, softmax, divisor or 1.0, batch, unrolls, steps)
    possible = limits.batch_of(format, name, batch, graph.has_loop)
    if possible != batch:
        graph = Graph(model, softmax, divisor or 1.0, possible, unrolls, steps)
    limits.check_operations(graph.operations, name, format)
    return graph


def make(
    made: Path,
    graph: "Graph",
    name: str,
    format: "type[Format]",
    facts: Facts | None = None,
    divisor: float | None = None,
    weights: str = "float32",
) -> dict[str, Any]:
    """Write a file, check it, and return what its sidecar says.

    Raises:
        SeqvisionError: it cannot be converted, loaded or run, or differs from Keras.
    """
    from seqvision.exporting import sidecar
    from seqvision.exporting.trial import tried

    converter = format()
    began = time.perf_counter()
    of_format = _of_others(name, "cannot be converted", converter.write, graph, made, weights)
    seconds = time.perf_counter() - began
    run = _of_others(name, "is written but not loaded", converter.run, made)
    kind = "series" if graph.series else "image"
    known = facts or Facts(tuple(graph.model.input_shape[1:]), kind=kind)
    of_check = _of_others(
        name,
        "is written but does not run",
        tried,
        graph.answer(run),
        graph,
        known,
        divisor,
        weights,
    )
    said = sidecar.content(known, graph, name, format, divisor)
    whole = {
        **said,
        **of_format,
        "weights": weights,
        "conversion_seconds": round(seconds, 3),
        **of_check,
        **graph.more(run),
        **checksums(made),
    }
    return {key: value for key, value in whole.items() if value is not None}


def _of_others(name: str, what: str, call: Any, *arguments: Any) -> Any:
    """Call a converter or runtime, without its messages, its errors told in a line."""
    failure: Exception
    with quietly():
        try:
            return call(*arguments)
        except Exception as error:  # Each has errors of its own.
            failure = error
    if isinstance(failure, SeqvisionError):
        raise SeqvisionError(f"export to {name}: {failure}; nothing was kept") from None
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    reason = f"{type(failure).__name__}: {lines[0] if lines else ''}"[:300]
    raise SeqvisionError(
        f"export to {name}: the model {what}: {reason}; nothing was kept. docs/export.md says what "
        "is known to work"
    ) from failure
