"""What wrappers share: a cell around another cell, one of Keras's or of ours."""

import inspect
from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.base import CellLayer
from seqvision.cells.protocol import Cell
from seqvision.errors import SeqvisionError
from seqvision.privates import DropoutRNNCell


class Wrapper(CellLayer, DropoutRNNCell):
    """A cell around another cell; by itself it changes nothing.

    A subclass says in `enter` what the wrapped cell reads and in `leave` what becomes of its
    output; one that changes states does so in `step`. `enter` sees all time steps at once, so a
    wrapper keeps out of the loop over time what its cell keeps out, and what it does itself to
    the input. A cell that is not of the `project`/`step` protocol, such as Keras's, is called as
    it is.

    Args:
        cell: a recurrent cell with states of shape `(batch, size)`.
    """

    elementwise = True  # As far as the wrapper goes; `is_elementwise` asks the cell too.
    _within_sequence = False

    def __init__(self, cell: Any, **kwargs: Any):
        kwargs.setdefault("dtype", cell.dtype_policy)
        super().__init__(**kwargs)
        self.cell = cell
        self.state_size = cell.state_size
        self.output_size = output_size(cell)

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        """From a sequence `(batch, time, features)` to the one that the wrapped cell reads.

        Returns:
            That sequence, and a list or dict of what `leave` needs, each `(batch, time, size)`.
        """
        return sequence, []

    def leave(self, output: Any, own: Any, training: bool = False) -> Any:
        """From the wrapped cell's output to the wrapper's, for one time step or for many."""
        return output

    def build(self, input_shape: Any) -> None:
        if not self.cell.built:
            self.cell.build(input_shape)
            self.cell.built = True

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return the wrapped cell's initial states."""
        states = self.cell.get_initial_state(batch_size=batch_size)
        return list(states) if tree.is_nested(states) else [states]

    def project(self, sequence: Any, training: bool = False) -> Any:
        inputs, own = self.enter(sequence, training)
        if isinstance(self.cell, Cell):
            inputs = self.cell.project(inputs, training)
        return [inputs, own]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        inputs, own = projected
        if isinstance(self.cell, Cell):
            output, states = self.cell.step(inputs, states, training)
        else:
            output, states = self.call_cell(inputs, states, training)
        return self.leave(output, own, training), states

    def call_cell(self, inputs: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        """Call the wrapped cell, ours or not, for one time step: inputs `(batch, features)`."""
        asks = "training" in inspect.signature(self.cell.call).parameters
        output, new = self.cell(inputs, states, **({"training": training} if asks else {}))
        return output, list(new) if tree.is_nested(new) else [new]

    def recurrence(self, projected: Any, training: bool = False) -> tuple[Any, Any] | None:
        # A wrapper with a step of its own may change states: they move otherwise than the cell's.
        return self._of_cell(projected, training) if type(self).step is Wrapper.step else None

    def _of_cell(self, projected: Any, training: bool) -> tuple[Any, Any] | None:
        """The wrapped cell's recurrence."""
        return self.cell.recurrence(projected[0], training) if isinstance(self.cell, Cell) else None

    def read(self, projected: Any, state: Any, training: bool = False) -> Any:
        inputs, own = projected
        return self.leave(self.cell.read(inputs, state, training), own, training)

    def get_dropout_mask(self, step_input: Any) -> None:
        """Draw the masks that hold for a whole sequence; `keras.layers.RNN` calls it before one."""
        self._within_sequence = True
        if isinstance(self.cell, DropoutRNNCell):
            inputs, _ = self.enter(step_input[:, None])
            self.cell.get_dropout_mask(inputs[:, 0])

    def get_recurrent_dropout_mask(self, step_input: Any) -> None:
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.get_recurrent_dropout_mask(step_input)

    def reset_dropout_mask(self) -> None:
        """Forget the masks of a sequence; `keras.layers.RNN` calls it after one."""
        self._within_sequence = False
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.reset_recurrent_dropout_mask()

    def _uniform(self, sequence: Any, size: int, seed: Any) -> Any:
        """Draw numbers in [0, 1), `(batch, time, size)`, for each step of a sequence.

        Raises:
            SeqvisionError: on JAX, within the loop of `keras.layers.RNN`.
        """
        # JAX traces one step and repeats it: what it draws there would be the same at each step.
        one_step = sequence.shape[1] == 1
        if keras.backend.backend() == "jax" and one_step and self._within_sequence:
            raise SeqvisionError(
                f"{type(self).__name__}: on JAX, keras.layers.RNN cannot draw a fresh mask at each "
                "step; use seqvision.layers.Recurrent, which draws them before its loop"
            )
        return uniform(sequence, size, seed)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Wrapper":
        cell = keras.saving.deserialize_keras_object(config["cell"], custom_objects)
        return super().from_config({**config, "cell": cell})


def output_size(cell: Any) -> int:
    """The width of a cell's output; Keras lets a cell leave out what its first state says."""
    return getattr(cell, "output_size", None) or tree.flatten(cell.state_size)[0]


def uniform(sequence: Any, size: int, seed: Any) -> Any:
    """Numbers in [0, 1), `(batch, time, size)`, for a sequence `(batch, time, features)`."""
    shape = (*ops.shape(sequence)[:2], size)
    # Not in half precision, whose coarse numbers would fall below a rate too often.
    return keras.random.uniform(shape, dtype="float32", seed=seed)
