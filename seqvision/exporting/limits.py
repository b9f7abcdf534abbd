"""What a format cannot do, said before it is tried, with what to do instead."""

from typing import Any

import keras

from seqvision.errors import SeqvisionError, did_you_mean
from seqvision.exporting.format import Format
from seqvision.exporting.series import input_of_series


def check_backend() -> None:
    """Check that Keras runs on TensorFlow, from whose graphs every format is made.

    JAX's way to ONNX lacks reshapes of any batch, PyTorch's fixes the batch; and the weights of a
    `.keras` file are the same on each.
    """
    if (backend := keras.backend.backend()) != "tensorflow":
        raise SeqvisionError(
            f"export: the backend is {backend}; export with KERAS_BACKEND=tensorflow, which reads "
            "the same .keras file"
        )


def check_model(model: Any, name: str) -> None:
    """Check that it is a classifier of one image or raw series, in float32.

    Raises:
        SeqvisionError: it is not.
    """
    if not isinstance(model, keras.Model):
        raise SeqvisionError(f"model: expected a keras.Model or where one is, got {model!r}")
    if len(model.inputs or []) != 1 or len(model.outputs or []) != 1:
        raise SeqvisionError("model: only models of one input and one output are exported")
    sizes = model.input_shape[2:] if input_of_series(model) else model.input_shape[1:]
    if len(model.output_shape) != 2 or None in sizes:
        raise SeqvisionError(
            "model: expected one from images of a known size, or raw series, to one number for "
            f"each class, got {model.input_shape} to {model.output_shape}"
        )
    types = sorted({layer.compute_dtype for layer in model.layers} - {"float32"})
    if types and name != "saved_model":
        raise SeqvisionError(
            f"export to {name}: the model computes in {types[0]}; build it in float32 and give it "
            "the same weights, create_model(…, weights=FILE)"
        )


def check_steps(model: keras.Model, steps: int | None, name: str, format: type[Format]) -> None:
    """Check that series may have so many steps, None for any number, in the format.

    Raises:
        SeqvisionError: the model reads others; or the format needs a number.
    """
    is_open = model.input_shape[1] is None
    if steps is not None and not is_open:
        raise SeqvisionError(
            f"steps: a number is for a model of series of any length, this one takes "
            f"{tuple(model.input_shape[1:])}"
        )
    if steps is None and is_open and format.card.get("steps") == "fixed":
        raise SeqvisionError(
            f"export to {name}: {format.card['runtime']} takes series of one number of steps: give "
            "--steps N, as many as the longest has; shorter ones are padded with NaN, which "
            "changes no answer"
        )


def check_weights(weights: str, name: str, format: type[Format]) -> None:
    """Check that the format stores weights so."""
    known = ["float32", *format.card["weights"]]
    if weights not in known:
        near = did_you_mean(str(weights), known)
        raise SeqvisionError(
            f"export to {name}: weights: {weights!r}{near} (of: {', '.join(known)})"
        )


def check_softmax(model: keras.Model) -> None:
    """Check that the model ends in logits."""
    last = getattr(model.layers[-1], "activation", None)
    if last is not None and last is not keras.activations.linear:
        raise SeqvisionError(
            f"model: ends in {keras.activations.serialize(last)}, not in logits: leave --softmax "
            "and --temperature out"
        )


def batch_of(format: type[Format], name: str, batch: int | None, has_loop: bool) -> int | None:
    """The batch size that the file is to take, None for any.

    Raises:
        SeqvisionError: the format cannot do that.
    """
    if not has_loop or format.card["loop"] == "any":
        return batch
    if format.card["loop"] == "fixed":
        return batch or 1
    if batch:
        raise SeqvisionError(
            f"export to {name}: {format.card['runtime']} does not run a loop over time for a fixed "
            "batch; leave --batch out, and the file takes any"
        )
    return None


def check_operations(operations: frozenset[str], name: str, format: type[Format]) -> None:
    """Check that the format has what the graph is made of."""
    lacking = sorted(operations & set(format.card.get("lacks", [])))
    if lacking:
        raise SeqvisionError(
            f"export to {name}: {format.card['runtime']} has no {' and no '.join(lacking)}, which "
            "the model needs; export to onnx or saved_model instead"
        )
