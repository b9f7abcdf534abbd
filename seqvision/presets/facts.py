"""What is known of a trained model beside its weights, as a line of JSON.

It is the same in a line of the manifest, in the `.keras` file of a run, beside an exported file
and in a folder of published weights; each holds what its writer knew.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqvision.data.resampling import Resampling
from seqvision.errors import SeqvisionError
from seqvision.formatting import samples_of

NAME = "seqvision.json"
"""The name of the facts within a `.keras` archive and in a folder of published weights."""


@dataclass(frozen=True)
class Facts:
    """What one needs to know to use a trained model.

    Attributes:
        input_shape: that of a raw sample; of an image `(height, width[, channels])`, of a series
            `(None, features)`.
        class_names: what each logit stands for; None if it is not known.
        kind: of a sample: `image` or `series`.
        model: the `model` section of its config; None if it is not known.
        temperature: what its logits are divided by before the softmax so that probabilities are
            calibrated (Guo et al. 2017, arXiv 1706.04599), fitted on validation images; None if it
            was not fitted.
        data: the `dataset` of its config, a name or a spec with options; None if it is not known.
        more: all else, as JSON holds it. Of a run `name`, `config_hash`, `seed`, `dataset` and,
            if it began with trained weights, their `parent`; and the `resampling` of its data, if
            it was tested with others than the dataset's own test samples. Of
            published weights too: `tag`; `file`, `bytes`, `sha256`, `dtype` and `urls` of the
            weights, and what their `rounding` changed; `parameters`; `config`, which is what it
            says beyond the defaults, and what its hash is made of (but that of a person's own files
            only the names are told); `metrics` over `seeds`, each `{mean, low, high}`, and
            `own_metrics` of this seed; `command`, `versions`, `licence`.
    """

    input_shape: tuple[int | None, ...]
    class_names: tuple[str, ...] | None = None
    kind: str = "image"
    model: dict[str, Any] | None = None
    temperature: float | None = None
    data: str | dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def num_classes(self) -> int | None:
        """How many logits there are; None if it is not known."""
        return None if self.class_names is None else len(self.class_names)

    @property
    def samples(self) -> str:
        """What the model reads, in the plural: `images` or `series`."""
        return "images" if self.kind == "image" else "series"

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The input's shape, of a model that reads images of one size.

        Raises:
            SeqvisionError: it reads something else.
        """
        shape = tuple(n for n in self.input_shape if n is not None)
        if self.kind != "image" or len(shape) < len(self.input_shape):
            raise SeqvisionError(f"the model reads {samples_of(self.input_shape)}, not images")
        return shape

    def to_json(self) -> dict[str, Any]:
        """As plain data, without what is not known."""
        own = {
            "kind": self.kind,
            "input_shape": list(self.input_shape),
            "class_names": None if self.class_names is None else list(self.class_names),
            "model": self.model,
            "temperature": self.temperature,
            "data": self.data,
        }
        return {key: value for key, value in {**own, **self.more}.items() if value is not None}


def kind_of(shape: Sequence[int | None]) -> str:
    """The kind of samples `shape` that a model reads of which no more is known.

    Any number of steps with so many values each is a series; no image is of any height and of one
    width.
    """
    return "series" if len(shape) == 2 and shape[0] is None and shape[1] is not None else "image"


def from_json(values: Any, where: str | Path) -> Facts:
    """The facts in plain data.

    Raises:
        SeqvisionError: they are not facts.
    """
    try:
        values = dict(values)
        shape = tuple(None if n is None else int(n) for n in values.pop("input_shape"))
        names = values.pop("class_names", None)
        own = {key: values.pop(key, None) for key in ("model", "temperature", "data")}
        kind = str(values.pop("kind", "image"))
        names = None if names is None else tuple(map(str, names))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SeqvisionError(f"{where}: does not describe a model: {error!r}") from None
    return Facts(shape, names, kind, more=values, **own)


_OF_DATASET = ("name", "checksum", "scale", "background", "features")


def of_record(record: Mapping[str, Any]) -> Facts:
    """The facts of a run, from its record."""
    config, dataset = record["config"], record["dataset"]
    more = {
        "name": record.get("name"),
        "config_hash": record.get("config_hash"),
        "seed": record.get("seed"),
        "dataset": {key: dataset.get(key) for key in _OF_DATASET},
        "parent": record.get("model", {}).get("parent"),
    }
    resampling = Resampling.of(config["data"])
    if not resampling.is_own:
        more["resampling"] = resampling.described()
    return Facts(
        tuple(dataset["input_shape"]),
        tuple(dataset["class_names"]),
        dataset.get("kind", "image"),
        model={key: value for key, value in config["model"].items() if key != "weights"},
        data=config["data"]["dataset"],
        more=more,
    )


def add_to_archive(path: Path, facts: Facts) -> None:
    """Add facts to a `.keras` file, which Keras loads as before."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(NAME, json.dumps(facts.to_json(), ensure_ascii=False))


def of_archive(path: Path, what: str = "model") -> Facts | None:
    """The facts in a `.keras` file; None if it holds none.

    Args:
        what: what a person wants of the file, the first word of an error.

    Raises:
        SeqvisionError: the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if NAME not in archive.namelist():
                return None
            return from_json(json.loads(archive.read(NAME)), path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SeqvisionError(f"{what}: {path} cannot be read: {error}") from None
