"""Learning-rate schedules, whose times are shares of a run's length."""

import math
from typing import Any

import keras
from keras import ops

from seqvision.config.schedule import Cosine, OneCycle, Step


@keras.saving.register_keras_serializable("seqvision")
class OneCycleSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Up by half a cosine to a peak, and down by half a cosine (arXiv 1708.07120).

    Args:
        peak: the highest learning rate.
        steps: the length of the run, in training steps.
        warmup: the share of the run before the peak.
        start: the rate at the beginning, as a share of the peak.
        end: the rate at the end, as a share of the peak.
    """

    def __init__(self, peak: float, steps: int, warmup: float, start: float, end: float):
        self.peak, self.steps, self.warmup = peak, steps, warmup
        self.start, self.end = start, end

    def __call__(self, step: Any) -> Any:
        done = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        rising = done / max(self.warmup, 1e-9)
        falling = (done - self.warmup) / max(1 - self.warmup, 1e-9)
        up = self._between(self.start, rising)
        down = self._between(self.end, 1 - falling)
        return self.peak * ops.where(done < self.warmup, up, down)

    @staticmethod
    def _between(low: float, share: Any) -> Any:
        """From `low` at share 0 to 1 at share 1."""
        return low + (1 - low) * (1 - ops.cos(math.pi * share)) / 2

    def get_config(self) -> dict[str, Any]:
        return dict(vars(self))


@keras.saving.register_keras_serializable("seqvision")
class LaterPart(keras.optimizers.schedules.LearningRateSchedule):
    """What a schedule says from a step on, for an optimizer that counts its steps anew.

    Args:
        schedule: a `LearningRateSchedule`.
        step: the first step of the part.
    """

    def __init__(self, schedule: Any, step: int):
        self.schedule, self.step = schedule, step

    def __call__(self, step: Any) -> Any:
        return self.schedule(step + self.step)

    def get_config(self) -> dict[str, Any]:
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "step": self.step}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LaterPart":
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["step"])


def learning_rate(schedule: OneCycle | Cosine | Step | None, peak: float, steps: int) -> Any:
    """The `learning_rate` to give a Keras optimizer.

    Args:
        steps: the length of the run, in training steps.
    """
    if schedule is None:
        return peak
    if isinstance(schedule, OneCycle):
        return OneCycleSchedule(peak, steps, schedule.warmup, schedule.start, schedule.end)
    if isinstance(schedule, Cosine):
        warmup = round(schedule.warmup * steps)
        return keras.optimizers.schedules.CosineDecay(
            peak if not warmup else 0.0,
            max(steps - warmup, 1),
            alpha=schedule.end,
            warmup_target=peak if warmup else None,
            warmup_steps=warmup,
        )
    boundaries = [round(at * steps) for at in sorted(schedule.at)]
    rates = [peak * schedule.factor**n for n in range(len(boundaries) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
