"""What is measured: a config's model, trained by its plain optimizer on batches of one size."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from seqvision.config import Config
from seqvision.data.loading import load
from seqvision.errors import SeqvisionError
from seqvision.formatting import samples_of
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
    input_shape: tuple[int, ...]
    num_classes: int

    def batch(self, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Random images `(size, *input_shape)`, float32 in 0..255, and labels `(size,)`.

        How long a step takes does not depend on what the images show.
        """
        generator = np.random.default_rng(0)
        size = size or self.batch_size
        images = generator.integers(0, 256, (size, *self.input_shape)).astype("float32")
        return images, generator.integers(0, self.num_classes, size)

    def with_model(self, **options: Any) -> "Work":
        """The same work with other options of its model."""
        return replace(self, model={**self.model, **options})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(values: dict[str, Any]) -> "Work":
        return Work(**{**values, "input_shape": tuple(values["input_shape"])})


def work_of(config: Config) -> Work:
    """The work of a config, on images of its dataset's shape.

    Raises:
        SeqvisionError: the dataset cannot be loaded, or is of series.
    """
    dataset = load(config.data.dataset, config.data.offline)
    if dataset.kind != "image":
        raise SeqvisionError(
            f"{config.name}: reads {samples_of(dataset.input_shape)}, and bench measures models of "
            "images alone; how fast a run was on its series is in its record"
        )
    optimizer, _ = name_and_options(config.train.optimizer)
    return Work(
        config.name,
        {key: value for key, value in config.model.items() if key != "weights"},
        optimizer,
        config.train.precision,
        config.train.batch_size,
        dataset.train.images.shape[1:],
        dataset.num_classes,
    )
