"""Loads trained models."""

from pathlib import Path
from typing import TYPE_CHECKING

from seqvision.config.schema import check_model
from seqvision.errors import SeqvisionError
from seqvision.import_keras import import_keras
from seqvision.model_files import unreadable
from seqvision.presets.facts import Facts
from seqvision.presets.find import find_trained
from seqvision.weights import load_weights
from seqvision.with_keras import import_registered

if TYPE_CHECKING:
    import keras


def load_model(path: str | Path) -> "keras.Model":
    """Load a trained model, whatever layers, cells and scans it is made of.

    A `.keras` file is read by `keras.models.load_model` with `safe_mode=True`; of weights the model
    is built first, in the precision that Keras is set to. No code in a file is run.

    Args:
        path: the name and the tag of published weights, such as `lstm2_fast:mnist`; a `.keras`
            file; the folder of a finished run, or of published weights; or
            `hf://owner/name@revision`.

    Raises:
        UnknownName: there are no weights of this name and tag.
        SeqvisionError: there is no such file, it is damaged, or it holds something that is unknown
            here or not safe; or weights that are not here cannot be downloaded.

    Examples:
        >>> import seqvision
        >>> record = seqvision.run("tiny")
        >>> seqvision.load_model(record.folder).output_shape
        (None, 10)
    """
    trained = find_trained(path)
    file = trained.file
    if file.suffix == ".onnx":
        raise SeqvisionError(f"model: {path} is an ONNX file, which Keras cannot load")
    if file.suffix == ".h5":
        return model_of_weights(file, trained.facts, trained.source)
    keras = import_keras()
    import_registered()
    try:
        return keras.models.load_model(file, safe_mode=True)
    except Exception as error:  # Zip, HDF5, JSON and Keras each have errors of their own.
        raise unreadable(path, "model", error) from None


def model_of_weights(file: Path, facts: Facts | None, source: str) -> "keras.Model":
    """Build the model that facts describe, and load a file of weights into it.

    Raises:
        SeqvisionError: it is not known what model they are of; or they do not fit it.
    """
    if facts is None or facts.model is None or facts.num_classes is None:
        raise SeqvisionError(
            f"model: {source} holds weights alone; build their model with "
            f"create_model(…, weights={source!r})"
        )
    try:
        model = check_model(facts.model)
    except SeqvisionError as error:
        raise SeqvisionError(f"model: {source} is of a model unknown here: {error}") from None
    import_keras()
    from seqvision.families.build import build_family

    built = build_family(model, facts.input_shape, facts.num_classes)
    load_weights(built, file, fresh_head=False, source=source, others_told=True)
    return built
