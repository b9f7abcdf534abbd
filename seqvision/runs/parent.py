"""The parent of a run: the trained model whose weights a config's `model.weights` names.

Found and hashed without Keras. A run is of its parent as it is of its data: with other weights
under the same name it is another run.
"""

import hashlib
import logging
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from seqvision.config import Config, load_config, zoo_names
from seqvision.errors import SeqvisionError
from seqvision.model_files import model_file, unreadable
from seqvision.presets.facts import Facts
from seqvision.presets.find import Trained, find_trained

log = logging.getLogger("seqvision")

_H5 = ".weights.h5"
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Parent:
    """A trained model to begin with.

    Attributes:
        source: what the config names.
        file: a `.keras` or `.weights.h5` file.
        sha256: of the HDF5 file of weights, in hex; within a `.keras` file, which Keras never
            writes twice alike, of the one that it holds.
        facts: what is known of it; None of a file that Keras alone wrote.
    """

    source: str
    file: Path
    sha256: str
    facts: Facts | None

    @property
    def name(self) -> str:
        """`lstm2_fast:mnist`, the run's `gru1/113aba58-s0`, or else what the config names."""
        more = self.facts.more if self.facts else {}
        if more.get("name") and more.get("tag"):
            return f"{more['name']}:{more['tag']}"
        if more.get("name") and more.get("config_hash"):
            return f"{more['name']}/{more['config_hash']}-s{more.get('seed')}"
        return self.source

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """What its logits stand for; None if it is not known."""
        return self.facts.class_names if self.facts else None

    def described(self) -> dict[str, Any]:
        """What a record says of it: `source`, `name`, `sha256`, and its `dataset` if known."""
        dataset = (self.facts.more.get("dataset") or {}) if self.facts else {}
        data = dataset.get("name") if isinstance(dataset, Mapping) else dataset
        told = {"source": self.source, "name": self.name, "sha256": self.sha256, "dataset": data}
        return {key: value for key, value in told.items() if value is not None}


def parent_of(config: Config) -> Parent | None:
    """The parent that a config names; None if it names none.

    Raises:
        SeqvisionError: there is no such model, or it cannot be read.
    """
    source = config.model.get("weights")
    if source is None:
        return None
    trained = _found(source, config)
    if not trained.file.name.endswith((".keras", _H5)):
        suffix = trained.file.suffix
        raise SeqvisionError(f"model.weights: {source}: no weights are read from {suffix} files")
    stat = trained.file.stat()
    digest = _digest(trained.file.absolute(), stat.st_size, stat.st_mtime_ns)
    return Parent(source, trained.file, digest, trained.facts)


def parent_today(config: Config) -> str | None:
    """The SHA-256 of the weights that a config names today, None if it names none.

    Raises:
        SeqvisionError: as `parent_of`.
    """
    parent = parent_of(config)
    return parent.sha256 if parent else None


def of_its_parent(record: Mapping[str, Any], config: Config) -> bool:
    """Whether a record is of the weights that its config names today.

    If they cannot be had now, the record is taken to be of them, as it is of its data.
    """
    before = recorded(record)
    try:
        return parent_today(config) == before
    except SeqvisionError as error:
        log.warning("%s: its record stands, but its parent is gone: %s", record["run_id"], error)
        return True


def recorded(record: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the weights that a record's run began with; None for random weights."""
    return (record.get("model", {}).get("parent") or {}).get("sha256")


def _found(source: str, config: Config) -> Trained:
    path = Path(source).expanduser()
    try:
        if _TAG.fullmatch(source) and not path.exists():
            return _tagged(source, config)
        if path.name.endswith(_H5) and path.is_file():
            return Trained(source, model_file(path, "weights", [_H5]), None)
        return find_trained(source)
    except SeqvisionError as error:
        raise SeqvisionError(f"model.weights: {error}") from None


def _tagged(tag: str, config: Config) -> Trained:
    """The weights of this tag that fit the config's model, by the model's name in the zoo."""
    names, found, problems = _in_zoo(config), [], []
    for name in names:
        try:
            found.append(find_trained(f"{name}:{tag}"))
        except SeqvisionError as error:
            problems.append(str(error))
    if not found:
        why = problems[0] if problems else "its `model` is none of the zoo's, so say name:tag"
        raise SeqvisionError(f"{tag!r} is neither a file nor a tag of this model: {why}")
    if len(found) > 1 and config.name not in names:
        several = ", ".join(trained.source for trained in found)
        raise SeqvisionError(f"{tag!r} is the tag of several such models: say which of {several}")
    return found[0]


def _in_zoo(config: Config) -> list[str]:
    """The names of the zoo's models with this config's `model`, its own name first."""
    model = {k: v for k, v in config.content()["model"].items() if k != "weights"}
    alike = [name for name in zoo_names() if load_config(name).content()["model"] == model]
    return sorted(alike, key=lambda name: name != config.name)


@lru_cache(maxsize=64)
def _digest(file: Path, size: int, modified: int) -> str:
    """Cached for each size and time of modification, so that it is read again after a change."""
    try:
        if file.suffix != ".keras":
            with file.open("rb") as weights:
                return hashlib.file_digest(weights, "sha256").hexdigest()
        with zipfile.ZipFile(file) as archive, archive.open("model.weights.h5") as weights:
            digest = hashlib.sha256()
            while block := weights.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except (OSError, KeyError, EOFError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise unreadable(file, "model.weights", error) from None
