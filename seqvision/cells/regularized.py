"""Keras's regularizers and constraints for the weights of a cell."""

from typing import Any

import keras

from seqvision.cells.base import CellLayer
from seqvision.options import Constraint, Regularizer


class RegularizedCell(CellLayer):
    """A cell whose kernels and biases take Keras's regularizers and constraints.

    They go by the names of weights, so a subclass only has to add its weights. What is of no such
    name, such as a peephole or the γ of a norm, has neither.

    Args:
        kernel_regularizer, kernel_constraint: of every weight whose name ends in `kernel`, except
            those below.
        recurrent_regularizer, recurrent_constraint: of every weight whose name ends in
            `recurrent_kernel`.
        bias_regularizer, bias_constraint: of every weight whose name ends in `bias`.
    """

    def __init__(
        self,
        kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_regularizer: Any = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer: Any = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer: Any = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint: Any = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint: Any = keras.constraints.get(recurrent_constraint)
        self.bias_constraint: Any = keras.constraints.get(bias_constraint)

    def add_weight(self, shape: Any = None, initializer: Any = None, **kwargs: Any) -> Any:
        name = kwargs.get("name") or ""
        part = "recurrent" if name.endswith("recurrent_kernel") else name.rpartition("_")[2]
        if part in ("kernel", "recurrent", "bias"):
            kwargs.setdefault("regularizer", getattr(self, f"{part}_regularizer"))
            kwargs.setdefault("constraint", getattr(self, f"{part}_constraint"))
        return super().add_weight(shape, initializer, **kwargs)
