"""Opens a trained model to serve it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import answerer
from seqvision.prediction.preparation import preparation
from seqvision.serving.work import Model


def open_model(source: str | Path, name: str | None = None, batch: int = 64) -> Model:
    """Load a trained model, with what says its steps if it is causal and Keras's.

    Args:
        source: whatever names a trained model (`seqvision.presets.find`).
        name: what clients are told it is; the source if None.
        batch: the most samples that it answers at once.

    Raises:
        SeqvisionError: there is no such model, it reads neither pictures nor series, or its classes
            have no names.
    """
    answers = answerer(source, batch)
    facts = replace(answers.facts, input_shape=answers.input_shape)
    model = Model(name or str(source), facts, answers.logits)
    # Each raises if the model reads something else.
    _ = model.series_preparation if facts.kind == "series" else preparation(facts).size
    if not facts.class_names:
        raise SeqvisionError(
            f"{source}: its classes have no names; a run's folder or `.keras` file holds them"
        )
    keras_model = getattr(answers, "model", None)
    return model if keras_model is None else _with_steps(model, keras_model, batch)


def _with_steps(model: Model, keras_model: Any, batch: int) -> Model:
    from seqvision.exporting.streaming import stepwise
    from seqvision.prediction.with_keras_model import KerasAnswerer
    from seqvision.runs.prefixes import every_step

    try:
        by_step = stepwise(keras_model)
    except SeqvisionError as error:  # It looks ahead.
        return replace(model, no_steps=str(error))
    # All steps in one pass: faster than one after another.
    at_once = KerasAnswerer(every_step(keras_model), model.facts, model.name, batch)
    return replace(model, every_step=at_once.logits, stepwise=by_step)
