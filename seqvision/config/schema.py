"""What a config may hold: a pydantic model for each section, with every default.

The `model` section is the options of its family, checked against that family's own signature,
and the trained weights to begin with, if any.
"""

import hashlib
import json
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

import seqvision.cells.wrappers
import seqvision.data
import seqvision.inputs
import seqvision.mixers
import seqvision.scans  # noqa: F401  (specs are checked against what these register)
from seqvision.config.content import differing_options, first_name, shortest_spec
from seqvision.config.section import Section, Seed
from seqvision.config.train import NO_EFFECT, Train
from seqvision.config.tune import Tune
from seqvision.data.resampling import Resampling
from seqvision.families import FAMILIES
from seqvision.options import DatasetSpec, PositiveInt
from seqvision.registry import REQUIRED
from seqvision.specs import OptionError, check_options, known_entry, option_error


class Data(Section):
    """Which samples: what they are, which are tested with, and how many are kept for validation.

    What comes from one group, such as a person, if the dataset says what its samples come from, is
    never divided among training, validation and test: whole groups are dealt so that the share of
    each class is as even as groups allow, and sizes are only about those asked for.
    """

    dataset: DatasetSpec
    offline: DatasetSpec | None = None
    """The dataset that stands in, with a warning, when `dataset` is not available."""
    validation: Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, lt=1)] = 0.1
    """A count (scaled when a smaller dataset stands in) or a share of the training samples; a
    dataset's own validation samples, if it has any, are used instead."""
    training: PositiveInt | None = None
    """How many of the training samples are trained on, besides those kept for validation: of each
    class its share, drawn anew for each seed. All when not given."""
    resample: Seed = 0
    """0 is the dataset's own split into training and test. Any other number is a seed with which
    both together are drawn anew, as many of each class to train on as before: the resamples of the
    UCR and UEA archives' published results, as tsml-eval and aeon draw them. One
    `numpy.random.RandomState(seed)` shuffles the indices of each class in turn, by the classes'
    names as texts; as many as the class had training samples are trained on, the rest is tested
    with. A dataset's own validation samples are drawn anew with the others, as many as they were;
    so with `folds`, where they are as large a share of what is not tested with."""
    folds: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Deal all samples, training and test together, into so many parts of one size, of each class
    its share in each, for cross-validation; the same parts each time."""
    fold: Annotated[int, Field(ge=0)] = 0
    """Which of the `folds` is tested with, from 0; the others are trained on. For all of them:
    `grid: {data.fold: [0, 1, 2, 3, 4]}`."""

    @field_validator("folds")
    @classmethod
    def _is_one_of_both(cls, folds: int | None, others: ValidationInfo) -> int | None:
        if folds and others.data.get("resample"):
            raise ValueError("resample says too what is tested with: give one of the two")
        return folds

    @field_validator("fold")
    @classmethod
    def _is_one_of_them(cls, fold: int, others: ValidationInfo) -> int:
        folds = others.data.get("folds") or 0
        if fold and fold >= folds:
            counted = f"of {folds} folds" if folds else "without folds"
            raise ValueError(f"there is no fold {fold} {counted}; they are counted from 0")
        return fold

    @property
    def resampling(self) -> Resampling:
        """Which samples are tested with."""
        return Resampling(self.resample, self.folds, self.fold)


_PORTS = {f"{kind}{number}" for kind in ("com", "lpt") for number in range(10)}
_DEVICES = {"con", "prn", "aux", "nul"} | _PORTS
"""What Windows takes for a device, in any folder and with any suffix."""
LONGEST_NAME = 100
"""Of a config. What a run writes has paths some 60 characters longer; Windows stops at 260."""


class Config(Section):
    """A whole config. Its records go to the folder `name`."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=LONGEST_NAME)]
    description: str = ""
    data: Data
    model: dict[str, Any]
    """`family` and its options; and `weights`, what to begin with in place of random weights: a
    model and its tag, `lstm2_fast:mnist`, or the tag alone if the model is the zoo's; the folder of
    a finished run; a `.keras` or `.weights.h5` file; or `hf://owner/name@revision`. The last layer
    begins anew if its classes are others, by number or by name."""
    train: Train = Train()
    tune: Tune | None = None
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] | None = None
    """Paths and the values of each: a sweep over every combination."""

    @field_validator("name")
    @classmethod
    def _is_a_folder_anywhere(cls, name: str) -> str:
        stem = name.partition(".")[0].lower()
        if stem in _DEVICES or name.endswith("."):
            raise ValueError(f"no folder can be called {name!r} on Windows: take another name")
        return name

    @field_validator("model")
    @classmethod
    def _fits_family(cls, model: dict[str, Any]) -> dict[str, Any]:
        with option_error():
            return check_model(model)

    @model_validator(mode="after")
    def _has_validation(self) -> Self:
        train = self.train
        needs = {
            "early_stopping": train.early_stopping,
            "best_weights": train.best_weights,
            "target_val_accuracy": train.target_val_accuracy,
        }
        if not self.data.validation and any(needs.values()):
            key = next(key for key, value in needs.items() if value)
            raise ValueError(f"train.{key} needs validation images, but data.validation is 0")
        return self

    def resolved(self) -> dict[str, Any]:
        """The config as plain data, every default filled in."""
        return self.model_dump(mode="json", by_alias=True)

    def content(self) -> dict[str, Any]:
        """What decides the result of a run of a given seed, as plain data without defaults."""
        data = self.data.model_dump(mode="json", exclude_defaults=True)
        for key in {"dataset", "offline"} & data.keys():
            data[key] = shortest_spec("dataset", data[key])
        options = {k: v for k, v in self.model.items() if k not in ("family", "weights")}
        model = {"family": first_name("family", self.model["family"])}
        model |= differing_options("family", self.model["family"], options)
        model |= {key: value for key, value in self.model.items() if key == "weights"}
        train = self.train.model_dump(mode="json", exclude_defaults=True, exclude=NO_EFFECT)
        return {"data": data, "model": model, "train": train}

    @property
    def hash(self) -> str:
        """Eight hex digits that tell configs with different results apart."""
        text = json.dumps(self.content(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """Return the `model` section with its family's defaults filled in; `weights: null` is left out.

    Whether there are such weights is seen when they are loaded.

    Raises:
        OptionError: the family is unknown, or an option does not fit it.
    """
    options = {key: value for key, value in model.items() if key not in ("family", "weights")}
    weights = model.get("weights")
    if weights is not None and not (isinstance(weights, str) and weights.strip()):
        raise OptionError(("weights",), f"expected a tag, a folder or a file, got {weights!r}")
    if not isinstance(model.get("family"), str):
        raise OptionError((), "needs the key 'family': " + ", ".join(FAMILIES.names()))
    entry = known_entry(FAMILIES, model["family"], ("family",))
    checked = check_options(entry, options)
    defaults = {p.name: p.default for p in entry.parameters if p.default is not REQUIRED}
    begins_with = {} if weights is None else {"weights": weights}
    return {"family": entry.name, **defaults, **checked, **begins_with}
