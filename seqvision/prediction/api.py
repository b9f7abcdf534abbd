"""`seqvision.predict`: what a trained model says of pictures or series, as a DataFrame."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqvision.data.notes import Notes
from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import BATCH, answerer
from seqvision.prediction.answers import Answers, Asked, prepared
from seqvision.prediction.rows import Answer
from seqvision.prediction.sources import Found, find

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from seqvision.data.series import Series


def predict(
    model: "str | Path | keras.Model",
    sources: "str | Path | Sequence[str | Path | np.ndarray] | np.ndarray | Series",
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
    """What a trained model says of pictures or of series, a row each.

    Pictures are read as the dataset `image_folder` reads them, in the size that the model reads;
    tables and sound as the model's own dataset read them, with its options.

    Args:
        model: a `.keras` or `.onnx` file, the folder of a run, another name of a trained model, or
            a `keras.Model` from samples to logits (or probabilities, after a softmax).
        sources: of images: pictures, folders of pictures, patterns such as `"new/*.png"`, `.npz` or
            IDX files; or an array `(n, height, width[, channels])`. Of series: `.csv`, `.parquet`,
            `.npz` or `.wav` files, folders or patterns of them; or an array `(n, steps, features)`
            or `(steps, features)`, a list of arrays of unequal length, or `Series`.
        top: how many classes are named, the likeliest first: `class`, `probability`, `class_2`, …
        probabilities: add that of each class, `p_cat`.
        logits: add that of each class, `logit_cat`.
        steps: a row for each step that the model has read, if its family never looks ahead.
        temperature: what logits are divided by before the softmax; `"auto"` is the model's own, if
            it has one, None is 1.
        invert: whether to invert images; `"auto"` inverts those whose border is dark if the model
            was trained on light ones, or the other way round.
        class_names: what the logits stand for; the model's own if not given, or else numbers.
        labels_from_folders: add `label`, what the label array or column of a file says or, as of
            pictures and sound, the name of the folder that it lies in, and `attrs["score"]`:
            accuracy, its 95 % interval (Wilson), confusion.
        background: the colour behind transparent parts; that of the model's data if not given.
        pixels: the values of black and white, such as `"0..4095"`; by default as the model's data.
        batch: how many samples are answered at once.

    Returns:
        A row a sample: `file`, `class`, `probability`, …, and `error` if it could not be read.

    Raises:
        SeqvisionError: there is no such model or source, or the model does not know what is asked.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> import numpy as np
        >>> image = np.zeros((28, 28), "uint8")
        >>> image[4:24, 13:15] = 255
        >>> table = seqvision.predict(record.folder, image[None], top=2)
        >>> list(table)
        ['file', 'class', 'probability', 'class_2', 'probability_2', 'error']
        >>> table["class"].iloc[0]
        '1'
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
    array = _in_memory(sources)
    if array is None:
        given = [sources] if isinstance(sources, (str, Path)) else list(sources)  # type: ignore
        answers, found = answers_of(model, asked, given)
        rows = [answer for some in answers.of(found) for answer in some]
    else:
        answers, _ = answers_of(model, asked)
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
    model: Any,
    asked: Asked,
    sources: Sequence[str | os.PathLike[str]] | None = None,
    *,
    must_name: bool = False,
) -> tuple[Answers, list[Found]]:
    """Load a model for what is asked of it, and find what it is to answer.

    What can be checked before the model is loaded, which takes seconds, is checked before.

    Args:
        sources: paths and patterns; None if what is asked is not in files.
        must_name: whether its classes' names must be known.

    Raises:
        SeqvisionError: as `predict`.
    """
    is_name = isinstance(model, (str, os.PathLike))
    name = str(model) if is_name else "the model"
    facts, found = None, None
    if is_name:
        from seqvision.presets.find import find_trained

        facts = find_trained(os.fspath(model)).facts
        names = asked.class_names or (facts.class_names if facts else None)
        if names is None and must_name:
            raise SeqvisionError(
                f"{model}: does not say what its classes are called: name them, --classes a,b,c, "
                "or have --logits"
            )
    if facts:
        prepared(facts, facts.input_shape, asked, name)
        found = find(sources, facts.kind) if sources is not None else []
        if asked.labels and (names := asked.class_names or facts.class_names):
            _check_labels(found, names)
    if asked.steps:
        from seqvision.prediction.every_step import every_step_answerer

        loaded = every_step_answerer(model, asked.batch)
    else:
        loaded = answerer(model, asked.batch)
    answers = Answers(loaded, asked, name)
    if found is None:
        found = find(sources, loaded.facts.kind) if sources is not None else []
    return answers, found


def _check_labels(found: Sequence[Found], names: tuple[str, ...]) -> None:
    from seqvision.prediction.sources import SampleFile, shown

    known = set(names)
    unknown = {
        shown(each.folders[0])
        for each in found
        if isinstance(each, SampleFile) and not known.intersection(each.folders)
    }
    if unknown:
        from seqvision.data.notes import some

        raise SeqvisionError(
            f"these folders are no classes of the model: {some(sorted(map(repr, unknown)))}; "
            f"its classes are {', '.join(names)}"
        )


def _in_memory(sources: Any) -> Any:
    """Samples in memory: an array, a list of arrays, or `Series`; None of paths."""
    import numpy as np

    from seqvision.data.series import Series

    if isinstance(sources, Series):
        return sources
    if hasattr(sources, "__array__"):
        array = np.asarray(sources)
        return None if array.dtype.kind in "OSU" else array
    is_list = isinstance(sources, (list, tuple)) and sources and hasattr(sources[0], "__array__")
    return sources if is_list else None


def _of_array(answers: Answers, array: Any) -> Iterator[list[Answer]]:
    prepare = answers.reader.prepare
    samples = list(answers.reader.held(prepare.given(array), prepare.what))
    size = answers.asked.batch
    starts = range(0, len(samples), size)
    return answers.of_batches(samples[start : start + size] for start in starts)
