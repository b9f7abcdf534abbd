"""The protocol of a cell whose work is cut in two, so that a layer can do half of it at once."""

from typing import Any

import keras
from keras import tree

from seqvision.cells.activations import lecun_tanh


class Cell:
    """Mix into a Keras layer to make it a recurrent cell in two parts.

    A cell says what `project` and `step` do, has `state_size` and `output_size`, and builds its
    weights from `(batch, features)`; `call`, which `keras.layers.RNN` uses, is the two in a row.
    `seqvision.layers.Recurrent` projects a whole sequence in one matrix product and then steps.
    A cell that is linear in its state says so in `recurrence` and `read`, and is not stepped.
    """

    state_size: Any
    output_size: int
    compute_dtype: str  # Every Keras layer has it.
    elementwise: bool = False
    """Whether `step` is made of `seqvision.cells.primitives` and, between them, of operations in
    which each unit of a result depends on that unit alone, in each gate of its operands. The
    engine of `seqvision.layers.Recurrent` then runs it, and `project` may be given its first two
    axes in the other order. It is said of one `step`: a subclass that overrides `step` says it
    again."""

    def project(self, sequence: Any, training: bool = False) -> Any:
        """Do, for every time step at once, all that does not need the state.

        Args:
            sequence: `(batch, time, features)`.

        Returns:
            `(batch, time, projected)`, or a list of such tensors.
        """
        raise NotImplementedError

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        """Do what needs the state, for one time step.

        Args:
            projected: `(batch, projected)`, one time step of what `project` returns.
            states: a list of `(batch, state size)`, in the order of `state_size`.

        Returns:
            The output `(batch, output_size)` and the list of new states.
        """
        raise NotImplementedError

    def recurrence(self, projected: Any, training: bool = False) -> tuple[Any, Any] | None:
        """Return a and b where the one state of a cell moves from s to a ∘ s + b.

        Args:
            projected: what `project` returns, for one time step or for all.

        Returns:
            a and b, of the state's size each, which `seqvision.layers.Recurrent` then takes over
            all time steps at once; None if the cell is not linear in its state.
        """
        return None

    def read(self, projected: Any, state: Any, training: bool = False) -> Any:
        """Return the output of a linear cell, from its new state, for one time step or for all."""
        raise NotImplementedError

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Do one time step as Keras's RNN layer asks for it: inputs `(batch, features)`."""
        projected = tree.map_structure(lambda p: p[:, 0], self.project(inputs[:, None], training))
        return self.step(projected, list(states) if tree.is_nested(states) else [states], training)


# fmt: off
_ELEMENTWISE_ACTIVATIONS = [
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu",
    "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "squareplus", "tanh",
    "tanh_shrink",
]
# fmt: on


def is_elementwise(cell: Any) -> bool:
    """Whether a cell is `elementwise` as it is: with these activations, around this cell.

    An activation such as softmax mixes the units, and a wrapper does what its cell does.
    """
    if not isinstance(cell, Cell) or not cell.elementwise or not _speaks_of_its_step(type(cell)):
        return False
    of_keras = (getattr(keras.activations, name, None) for name in _ELEMENTWISE_ACTIVATIONS)
    known = [*of_keras, lecun_tanh]
    own = [value for name, value in vars(cell).items() if name.endswith("activation")]
    wrapped = getattr(cell, "cell", None)
    return all(activation in known for activation in own) and (
        wrapped is None or is_elementwise(wrapped)
    )


def _speaks_of_its_step(kind: type) -> bool:
    """Whether no class below the one that says `elementwise` has a `step` of its own."""
    told = ({"elementwise", "step"} & vars(each).keys() for each in kind.__mro__)
    return "elementwise" in next(names for names in told if names)
