"""The protocol of a cell whose work is cut in two, so that a layer can do half of it at once."""

from typing import Any

import keras
from keras import ops, tree

from seqvision.registry import options_of


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
    engine of `seqvision.layers.Recurrent` then runs it, if its activations are of that kind, and
    `project` may be given its first two axes in the other order. A subclass with a step of its
    own says it anew."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls) and "elementwise" not in vars(cls):
            cls.elementwise = False

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
        """Say how the one state of a linear cell moves: to a ∘ state + b, whatever it is.

        Args:
            projected: what `project` returns, for one time step or for all.

        Returns:
            a and b, which `seqvision.layers.Recurrent` then takes over all time steps at once;
            None if the cell is not linear in its state.
        """
        return None

    def read(self, projected: Any, state: Any, training: bool = False) -> Any:
        """Return the output of a linear cell, from its new state, for one time step or for all."""
        raise NotImplementedError

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Do one time step as Keras's RNN layer asks for it: inputs `(batch, features)`."""
        projected = tree.map_structure(lambda p: p[:, 0], self.project(inputs[:, None], training))
        return self.step(projected, list(states) if tree.is_nested(states) else [states], training)


class CellLayer(Cell, keras.layers.Layer):
    """A cell of our own: a Keras layer whose config is its constructor's arguments.

    A subclass keeps every argument as an attribute of the same name and sets `state_size`, an
    int or a list of them, and `output_size`.
    """

    def add_weight(self, shape: Any = None, initializer: Any = None, **kwargs: Any) -> Any:
        """Add a weight as Keras does, but never draw two from the same random numbers."""
        if isinstance(initializer, keras.initializers.Initializer):
            # Called twice for the same shape, a Keras initializer gives the same values twice.
            initializer = initializer.clone()
        return super().add_weight(shape, initializer, **kwargs)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return a zero tensor `(batch, size)` for each state."""
        sizes = [self.state_size] if isinstance(self.state_size, int) else self.state_size
        return [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in sizes]

    def get_config(self) -> dict[str, Any]:
        own = {p.name: _plain(getattr(self, p.name)) for p in options_of(type(self))}
        return {**super().get_config(), **own}


# fmt: off
_BY_UNIT = [
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu",
    "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "squareplus", "tanh",
    "tanh_shrink",
]
# fmt: on


def is_elementwise(cell: Any) -> bool:
    """Whether a cell's step is elementwise as it is: a softmax in it would mix the units."""
    known = [getattr(keras.activations, name, None) for name in _BY_UNIT]
    own = [value for name, value in vars(cell).items() if name.endswith("activation")]
    within = getattr(cell, "cell", None)  # A wrapper's.
    return (
        cell.elementwise
        and all(activation in known for activation in own)
        and (within is None or is_elementwise(within))
    )


def raised_bias(initializer: Any, gate: int, gates: int, by: float) -> Any:
    """Return an initializer of the biases of several gates, one of which starts higher by `by`."""

    def initial(shape: Any, dtype: Any = None) -> Any:
        raised = ops.repeat(ops.one_hot(gate, gates, dtype=dtype), shape[0] // gates)
        return initializer(shape, dtype=dtype) + by * raised

    return initial


def joint_kernel(initializer: Any, rows: int) -> Any:
    """Return a function that cuts initializers out of one kernel of `rows` rows.

    Where a source draws the kernels of the input and of the states as one, so that an
    initializer such as Glorot's knows the true number of inputs, `joint_kernel(...)(first)`
    initializes the weight that holds the rows from `first` on.
    """
    draw = initializer.clone()  # Called again for the same shape, it repeats its values.

    def rows_from(first: int) -> Any:
        def initial(shape: Any, dtype: Any = None) -> Any:
            return draw((rows, shape[1]), dtype=dtype)[first : first + shape[0]]

        return initial

    return rows_from


def _plain(value: Any) -> Any:
    """What a config holds of an argument: initializers and activations by their name."""
    if isinstance(value, (keras.initializers.Initializer, keras.layers.Layer)):
        return keras.saving.serialize_keras_object(value)
    if callable(value):
        return keras.activations.serialize(value)
    return list(value) if isinstance(value, (list, tuple)) else value
