"""The operations of a cell's step that an engine may run in its own way.

Two kinds of operations are not elementwise, products with a kernel and normalisation. A step made
of these and of operations that treat each unit by itself can be differentiated for all time steps
at once (`seqvision.layers.engine.elementwise`): the engine differentiates the primitives, and
between them each number depends on few others. `gates` and `knot` compute nothing; they cut the
step into smaller pieces, so that fewer derivatives are multiplied.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import keras
from keras import ops


def times(operand: Any, kernel: Any) -> Any:
    """Return the product of an operand `(batch, n)` with a kernel `(n, m)`."""
    value = kernel.value if isinstance(kernel, keras.Variable) else kernel
    return _answer(Times(value), operand)[0]


def grouped_times(operand: Any, kernel: Any, gates: int) -> Any:
    """Return the products of groups of units with a kernel each.

    Args:
        operand: `(batch, groups · n)`.
        kernel: `(groups, n, gates · m)`.

    Returns:
        `(batch, gates · groups · m)`: in each gate the groups side by side.
    """
    value = kernel.value if isinstance(kernel, keras.Variable) else kernel
    return _answer(GroupedTimes(value, gates), operand)[0]


def normalised(values: Any, epsilon: float, sizes: tuple[int, ...] = ()) -> Any:
    """Return values `(batch, n)`, shifted to mean 0 and scaled to variance 1 over the units.

    Args:
        epsilon: is added to the variance.
        sizes: of groups of units that are normalised apart. They add up to n.
    """
    return _answer(Normalised(sizes or (values.shape[-1],), epsilon), values)[0]


def gates(values: Any, count: int) -> list[Any]:
    """Return values `(batch, count · units)` cut into their gates, each `(batch, units)`."""
    return _answer(Gates(count), values)


def knot(values: Any) -> Any:
    """Mark values `(batch, n)` that several others are computed from; return them unchanged."""
    return _answer(Knot(), values)[0]


@dataclass(frozen=True, eq=False)
class Times:
    """The product with a kernel, which may be given transposed too."""

    kernel: Any
    turned: Any = None

    def forward(self, operand: Any) -> tuple[list[Any], list[Any]]:
        """Return the results, here one, and what `pullback` needs besides them."""
        return [ops.matmul(operand, self.kernel)], []

    def pullback(self, d: list[Any], results: list[Any], others: list[Any]) -> Any:
        """From the gradients of the results to that of the operand."""
        turned = ops.transpose(self.kernel) if self.turned is None else self.turned
        return ops.matmul(d[0], turned)

    def of_kernel(self, operand: Any, d: Any) -> Any:
        """From all operands and all gradients of results to the gradient of the kernel."""
        return ops.matmul(ops.transpose(operand), d)


@dataclass(frozen=True, eq=False)
class GroupedTimes:
    """Groups of units, each times a kernel of its own."""

    kernel: Any
    gates: int

    def forward(self, operand: Any) -> tuple[list[Any], list[Any]]:
        """Return the results, here one, and what `pullback` needs besides them."""
        groups, _, size = self.kernel.shape
        each = ops.einsum("bgi,gij->bgj", self._of_groups(operand), self.kernel)
        each = ops.reshape(each, (-1, groups, self.gates, size // self.gates))
        return [ops.reshape(ops.transpose(each, (0, 2, 1, 3)), (-1, groups * size))], []

    def pullback(self, d: list[Any], results: list[Any], others: list[Any]) -> Any:
        """From the gradients of the results to that of the operand."""
        groups, inputs, _ = self.kernel.shape
        each = ops.einsum("bgj,gij->bgi", self._by_group(d[0]), self.kernel)
        return ops.reshape(each, (-1, groups * inputs))

    def of_kernel(self, operand: Any, d: Any) -> Any:
        """From all operands and all gradients of results to the gradient of the kernel."""
        return ops.einsum("bgi,bgj->gij", self._of_groups(operand), self._by_group(d))

    def _of_groups(self, operand: Any) -> Any:
        return ops.reshape(operand, (-1, *self.kernel.shape[:2]))

    def _by_group(self, d: Any) -> Any:
        groups, _, size = self.kernel.shape
        gates = ops.reshape(d, (-1, self.gates, groups, size // self.gates))
        return ops.reshape(ops.transpose(gates, (0, 2, 1, 3)), (-1, groups, size))


@dataclass(frozen=True, eq=False)
class Normalised:
    """Mean 0 and variance 1 in each of some groups of units."""

    sizes: tuple[int, ...]
    epsilon: float

    kernel = None

    def forward(self, operand: Any) -> tuple[list[Any], list[Any]]:
        """Return the results, here one, and what `pullback` needs besides: 1 / σ of each group."""
        results, scales = zip(*map(self._normal, self._cut(operand)), strict=True)
        return [self._joined(results)], list(scales)

    def pullback(self, d: list[Any], results: list[Any], others: list[Any]) -> Any:
        """From the gradients of the results to that of the operand."""
        groups = zip(self._cut(d[0]), self._cut(results[0]), others, strict=True)
        return self._joined([_pulled_back(*group) for group in groups])

    def _normal(self, values: Any) -> tuple[Any, Any]:
        centred = values - _mean(values)
        scale = ops.rsqrt(_mean(centred * centred) + self.epsilon)
        return centred * scale, scale

    def _cut(self, values: Any) -> list[Any]:
        """Cut `(…, n)` into groups: those of one size lie along an axis, `(…, groups, size)`."""
        count, size = len(self.sizes), self.sizes[0]
        if count == 1:
            return [values]
        if self.sizes == (size,) * count:
            return [ops.reshape(values, (*ops.shape(values)[:-1], count, size))]
        # Slices: at indices, Keras's split computes the sizes again in the graph of every step.
        ends = accumulate(self.sizes)
        return [values[..., end - n : end] for n, end in zip(self.sizes, ends, strict=True)]

    def _joined(self, groups: Any) -> Any:
        """Undo `_cut`."""
        if len(groups) > 1:
            return ops.concatenate(groups, axis=-1)
        (values,) = groups
        if len(self.sizes) == 1:
            return values
        return ops.reshape(values, (*ops.shape(values)[:-2], sum(self.sizes)))


@dataclass(frozen=True)
class Gates:
    """A cut into gates."""

    count: int

    kernel = None

    def forward(self, operand: Any) -> tuple[list[Any], list[Any]]:
        """Return the results, and what `pullback` needs besides them."""
        return list(ops.split(operand, self.count, axis=-1)), []

    def pullback(self, d: list[Any], results: list[Any], others: list[Any]) -> Any:
        """From the gradients of the results to that of the operand."""
        return ops.concatenate(d, axis=-1)


@dataclass(frozen=True)
class Knot:
    """A value that several others are computed from."""

    kernel = None

    def forward(self, operand: Any) -> tuple[list[Any], list[Any]]:
        """Return the results, here one, and what `pullback` needs besides them."""
        return [operand], []

    def pullback(self, d: list[Any], results: list[Any], others: list[Any]) -> Any:
        """From the gradients of the results to that of the operand."""
        return d[0]


def _mean(values: Any) -> Any:
    return ops.mean(values, axis=-1, keepdims=True)


def _pulled_back(d: Any, result: Any, scale: Any) -> Any:
    """The gradient of values `(…, n)`, from that of their normal form and 1 / σ `(…, 1)`."""
    return (d - _mean(d) - result * _mean(d * result)) * scale


Handler = Callable[[Any, Any], list[Any]]
_handler: ContextVar[Handler | None] = ContextVar("handler", default=None)


@contextmanager
def taken_over(handler: Handler) -> Iterator[None]:
    """Let `handler(primitive, operand)` answer for the primitives of a step."""
    token = _handler.set(handler)
    try:
        yield
    finally:
        _handler.reset(token)


def _answer(primitive: Any, operand: Any) -> list[Any]:
    handler = _handler.get()
    return primitive.forward(operand)[0] if handler is None else handler(primitive, operand)
