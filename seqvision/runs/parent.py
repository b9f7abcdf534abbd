"""The parent of a run: the trained model whose weights a config's `model.weights` names.

Found and hashed without Keras. A run is of its parent as it is of its data: with other weights
under the same name it is another run.
"""

import hashlib
import logging
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from seqvision.config import Config, load_config, zoo_names
from seqvision.errors import SeqvisionError
from seqvision.model_files import unreadable
from seqvision.presets.checksum import sha256
from seqvision.presets.facts import Facts
from seqvision.presets.find import find_weights
from seqvision.presets.hub import SCHEME
from seqvision.presets.manifest import preset, presets

log = logging.getLogger("seqvision")


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
        SeqvisionError: there is no such model, it cannot be had, or it cannot be read.
    """
    source = config.model.get("weights")
    if source is None:
        return None
    trained = find_weights(config.name, _handle(source, config) or source)
    stat = trained.file.stat()
    digest = _digest(trained.file.absolute(), stat.st_size, stat.st_mtime_ns)
    return Parent(source, trained.file, digest, trained.facts)


def of_its_parent(record: Mapping[str, Any], config: Config) -> bool:
    """Whether a record is of the weights that its config names today.

    Nothing is downloaded: of published weights the manifest says the hash, and what a hub has is
    taken to be the same. So are files that are gone, as is data that is.
    """
    source, before = config.model.get("weights"), recorded(record)
    if source is None or source.startswith(SCHEME):
        return (source is None) == (before is None)
    try:
        handle = _handle(source, config)
        if handle:
            return before == preset(handle).more["sha256"]
        parent = parent_of(config)
        return parent is not None and parent.sha256 == before
    except SeqvisionError as error:
        log.warning("%s: its record stands, but its parent is gone: %s", record["run_id"], error)
        return True


def recorded(record: Mapping[str, Any]) -> str | None:
    """The SHA-256 of the weights that a record's run began with; None for random weights."""
    return (record.get("model", {}).get("parent") or {}).get("sha256")


def _handle(source: str, config: Config) -> str | None:
    """The published weights, `name:tag`, that a handle or a tag of the config's model names.

    Raises:
        SeqvisionError: a tag alone is of several models like the config's.
    """
    published = presets()
    if Path(source).exists() or not published:
        return None
    own, alike = f"{config.name}:{source}", [f"{name}:{source}" for name in _in_zoo(config)]
    for handle in (source, own):
        if handle in published:
            return handle
    found = [handle for handle in alike if handle in published]
    if len(found) > 1:
        raise SeqvisionError(f"model.weights: {source!r}: say which: {' or '.join(found)}")
    return found[0] if found else None


def _in_zoo(config: Config) -> list[str]:
    """The names of the zoo's models with this config's `model`."""
    model = {k: v for k, v in config.content()["model"].items() if k != "weights"}
    return [name for name in zoo_names() if load_config(name).content()["model"] == model]


@lru_cache(maxsize=64)
def _digest(file: Path, size: int, modified: int) -> str:
    """Cached for each size and time of modification, so that it is read again after a change."""
    try:
        if file.suffix != ".keras":
            return sha256(file)
        with zipfile.ZipFile(file) as archive, archive.open("model.weights.h5") as weights:
            digest = hashlib.sha256()
            while block := weights.read(1 << 20):
                digest.update(block)
            return digest.hexdigest()
    except (OSError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise unreadable(file, "model.weights", error) from None
