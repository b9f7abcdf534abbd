"""What is measured: a config's model, trained by its plain optimizer on batches of one size."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seqvision.config import Config
from seqvision.data.loading import load
from seqvision.errors import SeqvisionError
from seqvision.specs import name_and_options


@dataclass(frozen=True)
class Work:
    """One piece of work, as JSON carries it to the process that measures it."""

    name: str
    model: dict[str, Any]
    """The `model` section of a config."""
    optimizer: str
    """The name of a Keras optimizer, used with its defaults: averages, clips and schedules are the
    same arithmetic whatever the model."""
    precision: str
    batch_size: int
    input_shape: tuple[int | None, ...]
    num_classes: int
    steps: int | None = None
    """Of the series that are made up for a model of them; None of images."""

    @property
    def samples(self) -> str:
        """What the model reads, in the plural: `images` or `series`."""
        return "images" if self.steps is None else "series"

    def batch(self, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Random samples, float32, and labels `(size,)`.

        Images are `(size, *input_shape)` in 0..255, series `(size, steps, features)` of one length,
        without gaps. How long a step takes does not depend on what they show.
        """
        generator = np.random.default_rng(0)
        size = size or self.batch_size
        if self.steps is not None:
            samples = generator.normal(size=(size, self.steps, self.input_shape[-1] or 1))
        else:
            samples = generator.integers(0, 256, (size, *(n or 1 for n in self.input_shape)))
        return samples.astype("float32"), generator.integers(0, self.num_classes, size)

    def with_model(self, **options: Any) -> "Work":
        """The same work with other options of its model."""
        return replace(self, model={**self.model, **options})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Work":
        return Work(**{**values, "input_shape": tuple(values["input_shape"])})


def work_of(config: Config, steps: int | None = None) -> Work:
    """The work of a config, on made-up samples of its dataset's shape.

    Args:
        steps: of the series, if the dataset is one of series; the median of its training series if
            not given.

    Raises:
        SeqvisionError: the dataset cannot be loaded, or has steps of its own and some are given.
    """
    dataset = load(config.data.dataset, config.data.offline)
    if dataset.kind == "series":
        steps = steps or round(float(np.median(dataset.train.series.lengths)))
    elif steps is not None:
        raise SeqvisionError(f"{config.name}: --steps is of series, and it reads images")
    optimizer, _ = name_and_options(config.train.optimizer)
    return Work(
        config.name,
        {key: value for key, value in config.model.items() if key != "weights"},
        optimizer,
        config.train.precision,
        config.train.batch_size,
        dataset.input_shape,
        dataset.num_classes,
        steps,
    )
