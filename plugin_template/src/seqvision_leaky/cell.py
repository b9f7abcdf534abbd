"""An average that forgets."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer
from seqvision.options import PositiveInt, Rate


@CELLS.register("leaky", paper="none", states="units")
@keras.saving.register_keras_serializable("seqvision_leaky")
class LeakyCell(CellLayer):
    """An average that forgets: h' = leak ∘ h + (1 − leak) ∘ tanh(x W).

    Args:
        units: how many numbers the state has.
        leak: how much of the state stays at each step.
    """

    def __init__(self, units: PositiveInt, leak: Rate = 0.5, **kwargs: Any):
        super().__init__(**kwargs)
        self.units, self.leak = units, leak
        self.state_size = self.output_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.units), "glorot_uniform")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel)

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        new = self.leak * states[0] + (1 - self.leak) * ops.tanh(projected)
        return new, [new]
