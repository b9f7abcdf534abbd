"""A model that answers after each step that it has read, if none of its steps looks ahead."""

from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.prediction.answerer import BATCH, answerer
from seqvision.prediction.with_keras_model import KerasAnswerer
from seqvision.presets.facts import Facts

_MANY = 200
"""Steps of which the outputs of all layers take much memory."""


def check_causal(facts: Facts | None, name: str) -> None:
    """Refuse a model that looks ahead, or of which that is not known.

    Raises:
        SeqvisionError: as said.
    """
    family = ((facts and facts.model) or {}).get("family")
    if family not in FAMILIES.names("*"):
        raise SeqvisionError(
            f"{name}: steps: it is not known to be of a family whose models never look ahead; "
            "give the record of a run, or its model.keras"
        )
    if not FAMILIES.entry(family).card.get("causal"):
        causal = [n for n in FAMILIES.names("*") if FAMILIES.entry(n).card.get("causal")]
        raise SeqvisionError(
            f"{name}: steps: a model of the family {family!r} looks ahead, so it says nothing "
            f"before it has read all (families that do not: {', '.join(causal)})"
        )


def every_step_answerer(source: Any, batch: int = BATCH) -> KerasAnswerer:
    """A trained model whose logits are those after each step, `(n, steps, classes)`.

    Raises:
        SeqvisionError: as `check_causal`; or the file is not Keras's.
    """
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        from seqvision.presets.find import find_trained

        trained = find_trained(source)
        if trained.file.suffix == ".onnx":
            raise SeqvisionError(
                f"{source}: steps: an .onnx file answers once, at the end; give the record of the "
                "run, or its model.keras"
            )
        check_causal(trained.facts, str(source))
    whole = answerer(source, batch)
    assert isinstance(whole, KerasAnswerer)
    if not isinstance(source, str) and not hasattr(source, "__fspath__"):
        check_causal(whole.facts, "the model")
    from seqvision.runs.prefixes import every_step

    for layer in whole.model.layers:
        if why := getattr(layer, "looks_ahead", None):
            raise SeqvisionError(f"{source}: steps: it looks ahead, as {why}")
    derived = every_step(whole.model)
    steps = derived.output.shape[1] or 0
    most = batch if steps <= _MANY else max(1, batch // 5)
    return KerasAnswerer(derived, whole.facts, str(source), most)
