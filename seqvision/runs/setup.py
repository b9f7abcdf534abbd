"""What a run needs before it writes anything: data, threads and seed, and a model to train."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqvision.config.schema import Config
from seqvision.data.base import Dataset, Split
from seqvision.data.loading import load
from seqvision.data.split import thin_validation, train_and_validation
from seqvision.data.today import files_stamp
from seqvision.errors import SeqvisionError
from seqvision.runs.backend import prepared
from seqvision.runs.cut import Cut, cut_of


@dataclass(frozen=True)
class Setup:
    """One config and one seed, ready to train."""

    config: Config
    seed: int
    dataset: Dataset
    training: Split
    validation: Split
    test: Split
    class_weights: np.ndarray | None
    stages: Any
    """The `Stages` of its compiled model."""
    strategy: Any
    """What spreads it over several devices, as `strategy_of` has it; None for one."""
    threads: dict[str, Any]
    files: str | None
    """The stamp of the files that the dataset was read from, when the config names them."""
    cut: Cut
    """How much of long series is read."""
    notes: tuple[str, ...] = ()
    """What was seen while the data was split, in sentences."""

    @property
    def model(self) -> Any:
        """A `keras.Model`, compiled for the stage that the run is in."""
        return self.stages.model

    @property
    def parent(self) -> str:
        """The SHA-256 of the weights that the run begins with; empty if they are random."""
        return (self.stages.parent or {}).get("sha256", "")

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.training) // self.config.train.batch_size)


@contextmanager
def set_up(config: Config, seed: int, cores: int | None = None) -> Iterator[Setup]:
    """Load and split the data, set threads and seed, build and compile the model.

    Threads and random generators are restored at the end.

    Raises:
        SeqvisionError: wrong data, or a model, loss or optimizer that does not fit.
    """
    files = files_stamp(config.data.dataset)  # Before they are read, so that a later change shows.
    data = config.data
    dataset = load(data.dataset, data.offline, data.resampling)
    if config.train.augment:
        config.train.augment.check_kind(dataset.kind)
    training, validation = train_and_validation(dataset, data.validation, data.training, seed)
    thin = thin_validation(validation, dataset.class_names)
    cut = cut_of(config.model)
    training, validation, test = cut.of(training, True), cut.of(validation), cut.of(dataset.test)
    weights = _class_weights(config.train.class_weights, training, dataset.num_classes)
    with prepared(config.train, seed, cores) as threads:
        # Only now, when threads are set: it imports Keras.
        from seqvision.runs.distribution import strategy_of
        from seqvision.runs.model import model_to_train

        strategy = strategy_of(config.train)
        stages = model_to_train(config, dataset, training, strategy)
        yield Setup(
            config,
            seed,
            dataset,
            training,
            validation,
            test,
            weights,
            stages,
            strategy,
            threads,
            files,
            cut,
            (thin,) if thin else (),
        )


def _class_weights(
    weights: str | list[float] | None, training: Split, num_classes: int
) -> np.ndarray | None:
    """The weight of each class in the loss, `(classes,)`; `balanced` ones even out its size."""
    if weights is None:
        return None
    if weights == "balanced":
        counts = np.bincount(training.labels, minlength=num_classes)
        # A class without training samples does not count.
        return len(training) / ((counts > 0).sum() * np.maximum(counts, 1))
    if len(weights) != num_classes:
        raise SeqvisionError(
            f"train.class_weights: {len(weights)} weights for {num_classes} classes"
        )
    return np.array(weights, dtype=float)
