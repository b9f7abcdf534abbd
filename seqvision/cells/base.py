"""The protocol of a cell whose work is cut in two, so that a layer can do half of it at once."""

from typing import Any

from keras import tree


class Cell:
    """Mix into a Keras layer to make it a recurrent cell in two parts.

    A cell says what `project` and `step` do, has `state_size` and `output_size`, and builds its
    weights from `(batch, features)`; `call`, which `keras.layers.RNN` uses, is the two in a row.
    `seqvision.layers.Recurrent` projects a whole sequence in one matrix product and then steps.
    """

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

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, list[Any]]:
        """Do one time step as Keras's RNN layer asks for it: inputs `(batch, features)`."""
        projected = tree.map_structure(lambda p: p[:, 0], self.project(inputs[:, None], training))
        return self.step(projected, list(states) if tree.is_nested(states) else [states], training)
