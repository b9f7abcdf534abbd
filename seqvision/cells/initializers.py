"""Initializers of weights that hold several gates, or the kernels of several inputs."""

from typing import Any

import numpy as np
from keras import ops


def raised_bias(initializer: Any, gate: int, gates: int, by: Any) -> Any:
    """Return an initializer of the biases of several gates, one of which starts higher by `by`.

    Args:
        initializer: of the biases, `(gates · units,)`.
        gate: the position of the one that starts higher.
        by: a number, or one for each unit.
    """

    def initial(shape: Any, dtype: Any = None) -> Any:
        raised = np.zeros((gates, shape[0] // gates))
        raised[gate] = by
        return initializer(shape, dtype=dtype) + ops.convert_to_tensor(raised.ravel(), dtype)

    return initial


def forget_biases(gate: str, lowest: float, highest: float, count: int) -> np.ndarray:
    """Return biases by which forget gates, all else being 0, are between two numbers.

    Args:
        gate: `sigmoid` or `exp`, of what is added to the bias.
        lowest, highest: the first gate and the last; between them log f / (1 − f) is evenly spaced.
    """
    first, last = (np.log(f) - np.log1p(-f) for f in (lowest, highest))
    biases = np.linspace(first, last, count)
    return -np.log1p(np.exp(-biases)) if gate == "exp" else biases


def of_each_group(initializer: Any) -> Any:
    """Return an initializer `(groups, n, m)` that draws each group's kernel by itself."""

    def initial(shape: Any, dtype: Any = None) -> Any:
        # A Keras initializer with a seed repeats itself: only a clone draws anew.
        draws = [initializer.clone() for _ in range(shape[0])]
        return ops.stack([draw(shape[1:], dtype=dtype) for draw in draws])

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
