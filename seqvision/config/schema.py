"""What a config may say: one frozen model a section, every key with its default.

The `model` section is the options of its family, checked against that family's own signature.
"""

import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

import seqvision.cells.wrappers
import seqvision.data
import seqvision.scans  # noqa: F401  (specs are checked against what these register)
from seqvision.config.content import differing_options, first_name, shortest_spec
from seqvision.config.keras_names import check_optimizer
from seqvision.config.section import Section, Seeds
from seqvision.config.tune import Tune
from seqvision.families import FAMILIES
from seqvision.options import (
    DatasetSpec,
    OptionError,
    PositiveFloat,
    PositiveInt,
    Rate,
    Share,
    check_options,
    known_entry,
    option_error,
)
from seqvision.registry import REQUIRED


class Data(Section):
    """Which images, and how many of the training images are kept for validation."""

    dataset: DatasetSpec
    offline: DatasetSpec | None = None
    """The dataset that stands in, and is said to, when `dataset` can be had nowhere."""
    validation: Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0, lt=1)] = 0.1
    """A count (scaled when a smaller dataset stands in) or a share of the training images; a
    dataset that brings validation images of its own is validated with these."""


class OneCycle(Section):
    """Up to the optimizer's learning rate and down again (Smith & Topin, arXiv 1708.07120)."""

    name: Literal["one_cycle"]
    warmup: Share = 0.25
    """The share of the run that rises to the peak, which is the optimizer's `learning_rate`."""
    start: Share = 0.04
    """The rate at the beginning, as a share of the peak."""
    end: Share = 0.0001
    """The rate at the end, as a share of the peak."""


class Cosine(Section):
    """A linear warm-up, then half a cosine (Loshchilov & Hutter, arXiv 1608.03983)."""

    name: Literal["cosine"]
    warmup: Share = 0.0
    end: Share = 0.0


class Step(Section):
    """The rate times `factor` at each of the shares of the run in `at`."""

    name: Literal["step"]
    at: Annotated[list[Share], Field(min_length=1)] = Field(default=[0.5, 0.75])
    factor: PositiveFloat = 0.1


Schedule = Annotated[OneCycle | Cosine | Step, Field(discriminator="name")]


class Augment(Section):
    """Random changes of the training images, drawn anew for each image and epoch."""

    shift: Share = 0.0
    """The largest shift, as a share of height and width."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """The largest rotation, in degrees."""
    zoom: Rate = 0.0
    """The largest change of scale: 0.1 is between 90 % and 110 %."""
    shear: Share = 0.0
    """The largest shear factor."""
    elastic: Annotated[float, Field(ge=0)] = 0.0
    """How far an elastic distortion moves a pixel, in pixels, as a standard deviation (Simard,
    Steinkraus & Platt 2003)."""
    cutout: Share = 0.0
    """The largest share of the image that is blanked (DeVries & Taylor, arXiv 1708.04552)."""


class EarlyStopping(Section):
    """Stop when a validation metric has not improved for `patience` epochs."""

    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    patience: PositiveInt = 3
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class Threads(Section):
    """Thread pools: operations side by side, and threads within one. JAX has no such setting."""

    inter_op: PositiveInt
    intra_op: PositiveInt


class Distribution(Section):
    """Data-parallel training of one run over several devices."""

    strategy: Literal["mirrored"] = "mirrored"
    """`tf.distribute.MirroredStrategy`: every device holds the weights and takes its share of each
    batch."""
    devices: Annotated[int, Field(ge=2)] | None = None
    """How many; all GPUs when not given or, where there is none, the processor counted twice."""


_OPTIMIZER = {"name": "rmsprop", "learning_rate": 1e-3}


class Train(Section):
    """How a model is trained."""

    epochs: PositiveInt = 3
    stop_after: PositiveInt | None = None
    """End after so many of the epochs, the schedule's span and all else being as for all of them:
    a run of more epochs goes on from there."""
    minutes: PositiveFloat | None = None
    """A budget of training time; the run ends with the epoch in which it is used up."""
    target_val_accuracy: Share | None = None
    """Stop once validation reaches it."""
    batch_size: PositiveInt = 64
    optimizer: str | dict[str, Any] = Field(default=_OPTIMIZER, validate_default=False)
    """A Keras optimizer and its arguments."""
    schedule: Schedule | None = None
    label_smoothing: Rate = 0.0
    class_weights: Literal["balanced"] | list[PositiveFloat] | None = None
    augment: Augment | None = None
    early_stopping: EarlyStopping | None = None
    best_weights: Literal["val_loss", "val_accuracy"] | None = None
    """Keep the weights of the epoch that was best by this, in place of the last."""
    precision: Literal["float32", "float64", "bfloat16", "mixed_bfloat16", "mixed_float16"] = (
        "float32"
    )
    steps_per_execution: PositiveInt = 1
    """How many steps Keras takes at once, or as many fewer as divide an epoch's; one on PyTorch
    and over several devices."""
    jit_compile: bool | Literal["auto"] = "auto"
    deterministic: bool = True
    """Use only operations that give the same numbers each time."""
    threads: Threads | Literal["auto"] = "auto"
    """On PyTorch, whose numbers depend on them, `auto` is one thread if `deterministic`."""
    distribution: Distribution | None = None
    log_every: PositiveInt = 1
    """TensorBoard gets loss and error rate of every so many training steps."""
    test_every: PositiveInt | None = None
    """Measure, show and log the test error every so many steps; nothing else looks at it."""
    seeds: Seeds = Field(default=[0])

    @field_validator("optimizer")
    @classmethod
    def _known_optimizer(cls, value: Any) -> Any:
        if isinstance(value, dict) and "name" not in value:
            value = {**_OPTIMIZER, **value}  # Such as another learning rate, and no more.
        with option_error():
            return check_optimizer(value)

    @field_validator("seeds")
    @classmethod
    def _different_seeds(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed is listed twice")
        return seeds


class Config(Section):
    """A whole config. `name` is also the name of the folder that its records go to."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    description: str = ""
    data: Data
    model: dict[str, Any]
    train: Train = Train()
    tune: Tune | None = None
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] | None = None
    """Paths and the values each is to take: a sweep over every combination."""

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
        """What decides what a run of a given seed ends with, as plain data without defaults."""
        data = self.data.model_dump(mode="json", exclude_defaults=True)
        for key in {"dataset", "offline"} & data.keys():
            data[key] = shortest_spec("dataset", data[key])
        options = {key: value for key, value in self.model.items() if key != "family"}
        model = {"family": first_name("family", self.model["family"])}
        model |= differing_options("family", self.model["family"], options)
        train = self.train.model_dump(mode="json", exclude_defaults=True, exclude=_NO_EFFECT)
        return {"data": data, "model": model, "train": train}

    @property
    def hash(self) -> str:
        """Eight hex digits that tell configs with different results apart."""
        text = json.dumps(self.content(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


_NO_EFFECT = {"seeds", "threads", "log_every", "test_every"}
"""Keys of `train` that do not change what a run of a given seed ends with."""


def check_model(model: dict[str, Any]) -> dict[str, Any]:
    """Return the `model` section with its family's defaults filled in.

    Raises:
        OptionError: the family is unknown, or an option does not fit it.
    """
    options = {key: value for key, value in model.items() if key != "family"}
    if not isinstance(model.get("family"), str):
        raise OptionError((), "needs the key 'family': " + ", ".join(FAMILIES.names()))
    entry = known_entry(FAMILIES, model["family"], ("family",))
    checked = check_options(entry, options)
    defaults = {p.name: p.default for p in entry.parameters if p.default is not REQUIRED}
    return {"family": entry.name, **defaults, **checked}
