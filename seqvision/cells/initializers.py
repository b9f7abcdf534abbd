"""Initializers of weights that hold several gates, or the kernels of several inputs."""

from typing import Any

from keras import ops


def raised_bias(initializer: Any, gate: int, gates: int, by: float) -> Any:
    """Return an initializer of the biases of several gates, one of which starts higher by `by`.

    Args:
        initializer: of the biases, `(gates · units,)`.
        gate: the position of the one that starts higher.
    """

    def initial(shape: Any, dtype: Any = None) -> Any:
        raised = ops.repeat(ops.one_hot(gate, gates, dtype=dtype), shape[0] // gates)
        return initializer(shape, dtype=dtype) + by * raised

    return initial


def joint_kernel(initializer: Any, rows: int) -> Any:
    """Return a function that cuts initializers out of one kernel of `rows` rows.

    Some sources draw the kernels of the input and of the states as one, so that an initializer
    such as Glorot's knows the true number of inputs. `joint_kernel(...)(first)` initializes the
    weight that holds the rows from `first` on.
    """
    draw = initializer.clone()  # Called again for the same shape, it repeats its values.

    def rows_from(first: int) -> Any:
        def initial(shape: Any, dtype: Any = None) -> Any:
            return draw((rows, shape[1]), dtype=dtype)[first : first + shape[0]]

        return initial

    return rows_from
