"""`seqvision.predict`: what a trained model says of pictures, as a DataFrame."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqvision.data.notes import Notes
from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import BATCH, answerer
from seqvision.prediction.answers import Answers, Asked
from seqvision.prediction.rows import Answer
from seqvision.prediction.sources import Found, find

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd


def predict(
    model: "str | Path | keras.Model",
    sources: "str | Path | Sequence[str | Path] | np.ndarray",
    *,
    top: int = 1,
    probabilities: bool = False,
    logits: bool = False,
    steps: bool = False,
    temperature: "float | Literal['auto'] | None" = "auto",
    invert: "bool | Literal['auto']" = False,
    class_names: Sequence[str] | None = None,
    labels_from_folders: bool = False,
    background: "Literal['white', 'black'] | None" = None,
    pixels: str | None = None,
    batch: int = BATCH,
) -> "pd.DataFrame":
    """What a trained model says of pictures, a row each.

    Pictures are read as the dataset `image_folder` reads them, in the size that the model reads.

    Args:
        model: a `.keras` or `.onnx` file, the folder of a run, another name of a trained model, or
            a `keras.Model` from images to logits (or probabilities, after a softmax).
        sources: pictures, folders of pictures, patterns such as `"new/*.png"`, `.npz` or IDX files
            of images; or an array of images `(n, height, width[, channels])`.
        top: how many classes are named, the likeliest first: `class`, `probability`, `class_2`, …
        probabilities: add that of each class, `p_cat`.
        logits: add that of each class, `logit_cat`.
        steps: a row for each step that the model has read, if its family never looks ahead.
        temperature: what logits are divided by before the softmax; `"auto"` is the model's own, if
            it has one, None is 1.
        invert: whether to invert images; `"auto"` inverts those whose border is dark if the model
            was trained on light ones, or the other way round.
        class_names: what the logits stand for; the model's own if not given, or else numbers.
        labels_from_folders: add `label`, the name of the folder that a picture lies in, or what
            the label array of a file says, and `attrs["score"]`: accuracy, its 95 % interval
            (Wilson), confusion.
        background: the colour behind transparent parts; that of the model's data if not given.
        pixels: the values of black and white, such as `"0..4095"`; by default as the model's data.
        batch: how many images are answered at once.

    Returns:
        A row an image: `file`, `class`, `probability`, …, and `error` if it could not be read.

    Raises:
        SeqvisionError: there is no such model or source, or the model does not know what is asked.
    """
    asked = Asked(
        top,
        probabilities,
        logits,
        steps,
        temperature,
        invert,
        labels_from_folders,
        None if class_names is None else tuple(map(str, class_names)),
        background,
        pixels,
        batch,
    )
    check(asked)
    array = _as_array(sources)
    if array is None:
        given = [sources] if isinstance(sources, (str, Path)) else list(sources)
        found = find(given)  # Before the model is loaded, which takes seconds.
        answers = answers_of(model, asked, found)
        rows = [answer for some in answers.of(found) for answer in some]
    else:
        answers = answers_of(model, asked)
        rows = [answer for some in _of_array(answers, array) for answer in some]
    answers.say(Notes("pictures" if array is None else "images"))
    from seqvision.prediction.formats import frame

    table = frame(answers.layout, rows)
    if labels_from_folders:
        table.attrs["score"] = answers.score.to_json()
    return table


def check(asked: Asked) -> None:
    """Refuse numbers that make no sense.

    Raises:
        SeqvisionError: it says which.
    """
    for name in ("top", "batch"):
        value = getattr(asked, name)
        if not isinstance(value, int) or value < 1:
            raise SeqvisionError(f"{name}: expected a whole number above 0, got {value!r}")
    names = asked.class_names
    if names is not None and len(set(names)) < len(names):
        raise SeqvisionError(f"class names: some are the same: {', '.join(names)}")


def answers_of(
    model: Any, asked: Asked, found: Sequence[Found] = (), *, must_name: bool = False
) -> Answers:
    """Load a model for what is asked of it; what can be checked without Keras is checked before.

    Args:
        must_name: whether its classes' names must be known.

    Raises:
        SeqvisionError: as `predict`.
    """
    is_name = isinstance(model, (str, os.PathLike))
    name = str(model) if is_name else "the model"
    if is_name:
        from seqvision.presets.find import find_trained

        facts = find_trained(os.fspath(model)).facts
        names = asked.class_names or (facts.class_names if facts else None)
        if names is None and must_name:
            raise SeqvisionError(
                f"{model}: does not say what its classes are called: name them, --classes a,b,c, "
                "or have --logits"
            )
        if asked.labels and names:
            _check_labels(found, names)
    if asked.steps:
        from seqvision.prediction.every_step import every_step_answerer

        return Answers(every_step_answerer(model, asked.batch), asked, name)
    return Answers(answerer(model, asked.batch), asked, name)


def _check_labels(found: Sequence[Found], names: tuple[str, ...]) -> None:
    from seqvision.prediction.sources import Picture, shown

    known = set(names)
    unknown = {
        shown(each.folders[0])
        for each in found
        if isinstance(each, Picture) and not known.intersection(each.folders)
    }
    if unknown:
        from seqvision.data.notes import some

        raise SeqvisionError(
            f"these folders are no classes of the model: {some(sorted(map(repr, unknown)))}; "
            f"its classes are {', '.join(names)}"
        )


def _as_array(sources: Any) -> "np.ndarray | None":
    """An array, or a list of them, as one array; None of paths."""
    import numpy as np

    if hasattr(sources, "__array__"):
        array = np.asarray(sources)
        return None if array.dtype.kind in "OSU" else array
    if isinstance(sources, (list, tuple)) and sources and hasattr(sources[0], "__array__"):
        try:
            return np.stack([np.asarray(each) for each in sources])
        except ValueError as error:
            raise SeqvisionError(f"images: {error}") from None
    return None


def _of_array(answers: Answers, array: "np.ndarray") -> Iterator[list[Answer]]:
    if array.ndim == len(answers.model.input_shape):
        array = array[None]  # One image.
    prepared = answers.reader.prepare.arrays(array, "images")
    samples = list(answers.reader.array(prepared, "images"))
    size = answers.asked.batch
    for start in range(0, len(samples), size):
        yield answers.batch(samples[start : start + size])
