"""The `train` section: how a model is trained."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from seqvision.config.keras_names import check_optimizer
from seqvision.config.schedule import Schedule
from seqvision.config.section import EachOnce, Section, Seeds
from seqvision.errors import SeqvisionError
from seqvision.metrics import ValidationMetric
from seqvision.options import PositiveFloat, PositiveInt, Rate, Share
from seqvision.specs import option_error

NO_EFFECT = {"seeds", "threads", "log_every", "test_every", "steps_per_execution"}
"""Keys of `train` that do not change the result of a run of a given seed."""


class Augment(Section):
    """Random changes of the training samples, drawn anew for each sample and epoch.

    The first six are for images, the others for series.
    """

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
    jitter: Annotated[float, Field(ge=0)] = 0.0
    """The standard deviation of noise that is added, in deviations of each feature in training."""
    scaling: Annotated[float, Field(ge=0)] = 0.0
    """The standard deviation of the factors, around 1, by which each feature's distance from its
    mean in training is multiplied."""
    time_warp: Annotated[float, Field(ge=0)] = 0.0
    """The standard deviation of the logarithm of the speed at which time passes, which changes
    smoothly; the number of steps stays."""
    window_slice: Rate = 0.0
    """The largest share of the steps that is left out, at the beginning and the end."""
    channel_dropout: Rate = 0.0
    """The share of features that are absent throughout a series; never all of them."""

    def check_kind(self, kind: Literal["image", "series"]) -> None:
        """Refuse changes that are for samples of the other kind.

        Raises:
            SeqvisionError: it names the first.
        """
        other = _OF_SERIES if kind == "image" else type(self).model_fields.keys() - _OF_SERIES
        for name in type(self).model_fields:
            if name in other and getattr(self, name):
                of = (
                    "series, and the samples are images"
                    if kind == "image"
                    else ("images, and the samples are series")
                )
                raise SeqvisionError(f"train.augment.{name}: is for {of}")


_OF_SERIES = {"jitter", "scaling", "time_warp", "window_slice", "channel_dropout"}


class EarlyStopping(Section):
    """Stop when a validation metric has not improved for `patience` epochs."""

    monitor: ValidationMetric = "val_loss"
    """`val_loss` is the log-loss."""
    patience: PositiveInt = 3
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class Threads(Section):
    """Sizes of thread pools: between and within operations. JAX has no such setting."""

    inter_op: PositiveInt
    intra_op: PositiveInt


class Distribution(Section):
    """Data-parallel training of one run over several devices."""

    strategy: Literal["mirrored"] = "mirrored"
    """Every device holds the weights and takes its share of each batch: TensorFlow's
    `tf.distribute.MirroredStrategy`; on JAX, where the shares are alike and `batch_size` has to
    divide, `keras.distribution.DataParallel`."""
    devices: Annotated[int, Field(ge=2)] | None = None
    """How many; all GPUs when not given or, where there is none, the processor counted twice."""


_OPTIMIZER = {"name": "rmsprop", "learning_rate": 1e-3}


class Train(Section):
    """How a model is trained."""

    epochs: PositiveInt = 3
    stop_after: PositiveInt | None = None
    """End after this many epochs, with the schedule and all else as for `epochs`, so that a longer
    run can go on from there."""
    minutes: PositiveFloat | None = None
    """A budget of training time; the run ends with the epoch in which it is used up."""
    target_val_accuracy: Share | None = None
    """Stop once the validation accuracy reaches it."""
    batch_size: PositiveInt = 64
    bucket: bool = False
    """Let the series of a batch be of like length, so that less of it is padding. Which ones come
    together is drawn anew in each epoch; images are not affected."""
    optimizer: str | dict[str, Any] = Field(default=_OPTIMIZER, validate_default=False)
    """A Keras optimizer and its arguments."""
    schedule: Schedule | None = None
    freeze: list[Annotated[str, Field(min_length=1)]] = Field(default=[])
    """Layers that stay as they are, by shell patterns of the names that `seqvision show` lists:
    `[recurrent_*]`. Neither gradients nor weight decay change their weights, and batch statistics
    are used and not updated; dropout, which is no state, still drops."""
    head_epochs: PositiveInt | None = None
    """Train the last layer alone for this many of the epochs, with all others as if frozen; then
    those that are not in `freeze` as well. The optimizer's moments begin anew there, the schedule
    goes on."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] | None = None
    """The learning rate, and with it weight decay, of each layer times this to the power of its
    distance from the last: 0.7 is 1 for the last layer, 0.7 for that before it, 0.49 and so on
    (Bao et al., arXiv 2106.08254). Only layers with weights count, and a normalization keeps to
    the layer before it."""
    label_smoothing: Rate = 0.0
    class_weights: Literal["balanced"] | list[PositiveFloat] | None = None
    augment: Augment | None = None
    early_stopping: EarlyStopping | None = None
    best_weights: ValidationMetric | None = None
    """Keep the weights of the epoch that was best by this, in place of the last."""
    precision: Literal["float32", "float64", "bfloat16", "mixed_bfloat16", "mixed_float16"] = (
        "float32"
    )
    steps_per_execution: PositiveInt | Literal["auto"] = "auto"
    """How many steps Keras executes at once, which changes no number: the last ones of an epoch are
    fewer; one on PyTorch and over several devices. A person's callbacks hear of steps once an
    execution. On TensorFlow `auto` takes as many as last a twentieth of a second, 32 at most, as
    measured before training; one if such callbacks are there, and on JAX, which gains nothing."""
    jit_compile: bool | Literal["auto"] = "auto"
    deterministic: bool = True
    """Use only operations that give the same numbers each time."""
    threads: Threads | Literal["auto"] = "auto"
    """On PyTorch, whose numbers depend on them, `auto` is one thread if `deterministic`."""
    distribution: Distribution | None = None
    log_every: PositiveInt = 1
    """Log loss and error rate to TensorBoard every so many training steps."""
    test_every: PositiveInt | None = None
    """Measure, show and log the test error every so many steps; no decision uses it."""
    seeds: Annotated[Seeds, EachOnce] = Field(default=[0])

    @field_validator("optimizer")
    @classmethod
    def _known_optimizer(cls, value: Any) -> Any:
        if isinstance(value, dict) and "name" not in value:
            value = {**_OPTIMIZER, **value}  # Such as only another learning rate.
        with option_error():
            return check_optimizer(value)
