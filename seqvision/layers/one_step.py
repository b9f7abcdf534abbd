"""One time step of a layer over time, with the states going in and coming out."""

import inspect
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from seqvision.layers.precision import full


@keras.saving.register_keras_serializable("seqvision")
class OneStep(keras.layers.Wrapper):
    """What a layer over time does at one time step, of inference.

    It takes a list of the step `(batch, features)` and the states, each `(batch, size)`, and
    returns a list of the layer's output at this step and the new states. States are float32, or
    float64 where the layer computes in it, and nested ones lie flat in a list. Called step by
    step from `initial_states`, it returns what the layer with `return_sequences` does at once.

    Args:
        layer: a `keras.layers.RNN`, of Keras or ours, whose states are `(batch, size)`; or one that
            says what it does by `step` and `states`: a pooling layer of `seqvision.layers`, a
            mixer, or the input of series. It is not changed, and its weights are this layer's.

    Examples:
        >>> import keras
        >>> from seqvision.layers import OneStep
        >>> gru = keras.layers.GRU(16)
        >>> gru.build((None, None, 8))
        >>> output, state = OneStep(gru)([keras.ops.zeros((2, 8)), keras.ops.zeros((2, 16))])
        >>> keras.ops.shape(state)
        (2, 16)
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any):
        kwargs = {"name": layer.name, "dtype": layer.dtype_policy, **kwargs}
        super().__init__(layer, **kwargs, autocast=False)  # The states stay as exact as they are.

    def build(self, input_shape: Any) -> None:
        step, *_ = input_shape
        super().build((step[0], None, step[1]))

    def call(self, inputs: Any) -> list[Any]:
        x, *states = inputs
        if self._is_recurrent:
            output, states = step_of_cell(self.layer.cell, x, states)
        else:
            x = ops.cast(x, self.compute_dtype) if self.layer.autocast else x
            output, states = self.layer.step(x, states)
        return [output, *(ops.cast(state, self.state_dtype) for state in states)]

    @property
    def _is_recurrent(self) -> bool:
        return isinstance(self.layer, keras.layers.RNN)

    @property
    def state_dtype(self) -> str:
        """The type of all states."""
        return full(self.compute_dtype)

    def state_sizes(self, features: int) -> list[int]:
        """The size of each state, for steps `(batch, features)`."""
        if self._is_recurrent:
            return tree.flatten(self.layer.cell.state_size)
        return [size for size, _ in self.layer.states(features)]

    def initial_states(self) -> list[np.ndarray]:
        """What each state begins with, `(size,)`; the layer is built."""
        if self._is_recurrent or hasattr(self.layer, "initial_state"):
            begin = self.layer.get_initial_state if self._is_recurrent else self.layer.initial_state
            states = tree.flatten(begin(1))
            first = [ops.convert_to_numpy(ops.cast(state[0], self.state_dtype)) for state in states]
        else:
            features = self.get_build_config()["input_shape"][0][-1]
            first = [np.full(size, value) for size, value in self.layer.states(features)]
        return [value.astype(self.state_dtype) for value in first]

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "autocast"}


def step_of_cell(cell: Any, x: Any, states: list[Any]) -> tuple[Any, list[Any]]:
    """What any cell does at a step `(batch, features)` of inference, its states in a flat list."""
    asks = "training" in inspect.signature(cell.call).parameters
    nest = tree.pack_sequence_as(nest_of(cell), states)
    output, new = cell(x, nest, **({"training": False} if asks else {}))
    return output, tree.flatten(new)


def nest_of(cell: Any) -> Any:
    """The sizes of a cell's states, nested as they are."""
    return cell.state_size if tree.is_nested(cell.state_size) else [cell.state_size]
