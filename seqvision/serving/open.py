"""Opens a trained model to serve it."""

from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.formatting import samples_of
from seqvision.prediction.answerer import answerer
from seqvision.prediction.preparation import preparation
from seqvision.presets.facts import Facts
from seqvision.presets.find import find_trained
from seqvision.serving.work import Model


def open_model(source: str | Path, name: str | None = None, batch: int = 64) -> Model:
    """Load a trained model, with what says its steps if it is causal and Keras's.

    Args:
        source: whatever names a trained model (`seqvision.presets.find`).
        name: what clients are told it is; the source if None.
        batch: the most images that it answers at once.

    Raises:
        SeqvisionError: there is no such model, it reads no pictures, or its classes have no names.
    """
    if (known := find_trained(source).facts) is not None:
        check_served(known, source)  # Before it is loaded, which takes seconds.
    answers = answerer(source, batch)
    facts = answers.facts
    check_served(facts, source)
    preparation(facts).size  # noqa: B018 - raises if it reads no pictures.
    if not facts.class_names:
        raise SeqvisionError(
            f"{source}: its classes have no names; a run's folder or `.keras` file holds them"
        )
    model = Model(name or str(source), facts, answers.logits)
    keras_model = getattr(answers, "model", None)
    return model if keras_model is None else _with_steps(model, keras_model, batch)


def check_served(facts: Facts, source: str | Path) -> None:
    """Refuse a model of series.

    Raises:
        SeqvisionError: it is one.
    """
    if facts.kind != "image":
        raise SeqvisionError(
            f"{source}: reads {samples_of(facts.input_shape)}, and serve answers images alone; "
            "`seqvision predict` answers series"
        )


def _with_steps(model: Model, keras_model: Any, batch: int) -> Model:
    from dataclasses import replace

    from seqvision.exporting.streaming import stepwise
    from seqvision.prediction.with_keras_model import KerasAnswerer
    from seqvision.runs.prefixes import every_step

    try:
        by_step = stepwise(keras_model)
    except SeqvisionError:  # It looks ahead.
        return model
    # All steps in one pass: faster than one after another.
    at_once = KerasAnswerer(every_step(keras_model), model.facts, model.name, batch)
    return replace(model, every_step=at_once.logits, stepwise=by_step)
