"""Finds the trained model that a person names, without importing Keras."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.model_files import model_file
from seqvision.presets.checksum import check
from seqvision.presets.facts import NAME, Facts, from_json, of_archive, of_record
from seqvision.presets.hub import SCHEME, on_hub, weights_name
from seqvision.presets.manifest import preset, presets, tags_of
from seqvision.presets.places import weights_file

_HANDLE = re.compile(r"[\w][\w.+-]+:[\w][\w.+-]*")
_ALSO = ", or of published weights, NAME:TAG, or hf://OWNER/NAME"


@dataclass(frozen=True)
class Trained:
    """A trained model that was found.

    Attributes:
        source: what the person named.
        file: a `.keras`, `.weights.h5` or `.onnx` file.
        facts: what is known of it; None of a file that Keras alone wrote.
    """

    source: str
    file: Path
    facts: Facts | None


def find_trained(source: str | Path) -> Trained:
    """Find a trained model.

    Args:
        source: the name and the tag of published weights, such as `lstm2_fast:mnist`; a `.keras`
            or `.onnx` file; the folder of a finished run, or of published weights; or
            `hf://owner/name@revision`. Of weights that are not here the file is downloaded, and
            its hash is checked on each use.

    Raises:
        UnknownName: there are no weights of this name and tag.
        SeqvisionError: there is no such file, it is not the one that is meant, or its facts cannot
            be read.
    """
    if isinstance(source, str) and source.startswith(SCHEME):
        return Trained(source, *on_hub(source))
    if is_handle(source):
        facts = preset(str(source))
        return Trained(str(source), weights_file(facts), facts)
    if tags := tags_of(str(source)):
        handles = " or ".join(f"{source}:{tag}" for tag in tags)
        raise UnknownName(f"model: which weights of {source}: {handles}?")
    return _at(source, "model", [".keras", ".onnx", ".weights.h5"])


def find_weights(name: str, source: str | Path) -> Trained:
    """Find the weights that a person names for a model.

    Besides all that `find_trained` takes it may be a tag of the model, such as `mnist`, or a
    `.weights.h5` file of which nothing else is known. A word is a tag; a file or folder of that
    name is `./mnist`.

    Args:
        name: the model's.

    Raises:
        UnknownName: there is no such tag; with the nearest and the model's.
        SeqvisionError: as `find_trained`.
    """
    if isinstance(source, str):
        if f"{name}:{source}" in presets():
            return find_trained(f"{name}:{source}")
        if source.startswith(SCHEME) or is_handle(source):
            return find_trained(source)
        if re.fullmatch(r"[\w+-]{1,100}", source) and not _exists(Path(source)):
            raise _no_tag(name, source)
    return _at(source, "weights", [".keras", ".weights.h5"])


def is_handle(source: str | Path) -> bool:
    """Whether text is like `name:tag`, and no file."""
    return (
        isinstance(source, str)
        and _HANDLE.fullmatch(source) is not None
        and not _exists(Path(source))
    )


def _no_tag(name: str, word: str) -> UnknownName:
    """The error of a word that is no tag of a model."""
    tags = tags_of(name)
    if tags:
        near = did_you_mean(word, tags)
        has = f"{name} has {', '.join(tags)}"
    else:
        of_others = sorted(each for each in presets() if each.endswith(f":{word}"))
        near = f"; did you mean {of_others[0]!r}?" if of_others else ""
        has = f"{name!r} has none; tags belong to named models: `seqvision list models --weights`"
    return UnknownName(
        f"weights: no tag or file {word!r}{near} ({has}). Besides a tag: a .keras or .weights.h5 "
        f"file, or the folder of a finished run{_ALSO}"
    )


def _at(source: str | Path, what: str, suffixes: list[str]) -> Trained:
    """The trained model in a file or folder, with its facts where it has some."""
    if isinstance(source, (str, Path)):
        folder = Path(source).expanduser()
        if _exists(folder / NAME) and not _exists(folder / "model.keras"):
            return _published(folder, source)
    file = model_file(source, what, suffixes, _ALSO)
    if file.suffix == ".onnx":
        return Trained(str(source), file, _beside(file))
    if file.suffix == ".h5":
        return _weights_alone(file, source)
    facts = of_archive(file, what)
    record = file.parent / "record.json"
    if facts is None and file.name == "model.keras" and record.is_file():  # A run of before.
        facts = of_record(json.loads(record.read_text(encoding="utf-8")))
    return Trained(str(source), file, facts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # Too long for a name.
        return False


def _published(folder: Path, source: str | Path) -> Trained:
    """The weights in a folder that `seqvision publish-weights` wrote."""
    facts = _read(folder / NAME)
    file = folder / weights_name(facts, folder / NAME)
    if not file.is_file():
        raise SeqvisionError(f"weights: {folder} lacks {file.name}, which its {NAME} names")
    check(file, facts.more.get("sha256"))
    return Trained(str(source), file, facts)


def _weights_alone(file: Path, source: str | Path) -> Trained:
    """A file of weights: with facts if it lies in the folder that they describe."""
    if (file.parent / NAME).is_file():
        facts = _read(file.parent / NAME)
        if facts.more.get("file") == file.name:
            check(file, facts.more.get("sha256"))
            return Trained(str(source), file, facts)
    return Trained(str(source), file, None)


def _beside(path: Path) -> Facts | None:
    """The facts in the JSON file that `seqvision export` writes beside a file."""
    sidecar = path.with_name(f"{path.name}.json")
    return _read(sidecar) if sidecar.is_file() else None


def _read(path: Path) -> Facts:
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")), path)
    except (OSError, ValueError) as error:
        raise SeqvisionError(f"{path}: cannot be read: {error}") from None
