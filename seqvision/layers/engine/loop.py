"""A step run over time, forward and backward, on any backend.

A backend brings a `walk`, which applies a body to each time step in turn, and a way to say that
the one pass is the gradient of the other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from keras import ops

from seqvision.layers.engine.steps import Step

Body = Callable[[list[Any], list[Any]], tuple[list[Any], list[Any]]]
"""From the inputs of one time step and the states to the new states and the tensors to keep."""


class Walk(Protocol):
    """Applies a body to each time step in turn."""

    def __call__(
        self, body: Body, inputs: list[Any], states: list[Any], kept: int, reverse: bool
    ) -> tuple[list[Any], list[Any]]:
        """Return the last states, and what was kept at each step, `(time, ...)`.

        Args:
            inputs: each `(time, ...)`.
            kept: how many tensors the body keeps.
            reverse: begin with the last step. What is kept stays in the order of time.
        """
        ...


@dataclass(frozen=True)
class Given:
    """The tensors that a loop over time reads.

    Products are computed in the kernels' type, and everything else in that of the states: with
    bfloat16 kernels, states and sums stay float32.
    """

    projected: Any
    """`(time, batch, size)`"""
    states: list[Any]
    """Each `(batch, units)`."""
    kernels: list[Any]
    """The recurrent kernel of each product."""
    biases: list[Any]
    """The bias of each product, or None."""
    mask: Any = None
    """`(time, batch, 1)`: where it is False a step leaves the states as they were."""
    dropout: list[list[Any]] | None = None
    """For each product the masks `(batch, units)` of its operand, one for each gate."""

    def as_tuple(self) -> tuple[Any, ...]:
        """Its fields, in order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def of_each_product(self) -> Iterable[tuple[Any, list[Any] | None]]:
        """Its kernel and its dropout masks."""
        return zip(self.kernels, self.dropout or [None] * len(self.kernels), strict=True)

    def weights(self) -> list[Any]:
        """The kernels, and the biases that there are."""
        return [*self.kernels, *(bias for bias in self.biases if bias is not None)]

    def with_values(self, projected: Any, states: list[Any], weights: list[Any]) -> "Given":
        """The same with other values of the tensors that have gradients."""
        values = iter(weights)
        kernels = [next(values) for _ in self.kernels]
        biases = [None if bias is None else next(values) for bias in self.biases]
        return replace(
            self, projected=projected, states=list(states), kernels=kernels, biases=biases
        )


def one_by_one(
    body: Body, inputs: list[Any], states: list[Any], kept: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """A walk in Python, which a backend that records operations can differentiate."""
    steps = range(inputs[0].shape[0])
    rows = []
    for t in reversed(steps) if reverse else steps:
        states, row = body([tensor[t] for tensor in inputs], states)
        rows.append(row)
    if reverse:
        rows.reverse()
    return states, [ops.stack(column) for column in zip(*rows, strict=True)]


def forward(step: Step, walk: Walk, given: Given) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Return the outputs, the last states, what the steps saved and the products' operands."""
    mask = given.mask
    products = [_Product(*of_one) for of_one in given.of_each_product()]

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        operands: list[Any] = [None] * step.products

        def product(k: int, operand: Any) -> Any:
            operands[k] = operand
            result = products[k](operand)
            return result if given.biases[k] is None else ops.add(result, given.biases[k])

        new_states, saved = step.forward(inputs[0], carried, product)
        if mask is not None:
            new_states = chosen(inputs[1], new_states, carried)
        return new_states, [new_states[0], *saved, *operands]

    inputs = [given.projected] if mask is None else [given.projected, mask]
    final, kept = walk(body, inputs, given.states, 1 + step.saved + step.products, False)
    return kept[0], final, kept[1 : 1 + step.saved], kept[1 + step.saved :]


def backward(
    step: Step,
    walk: Walk,
    given: Given,
    d_outputs: Any,
    d_final: list[Any],
    saved: list[Any],
    operands: list[Any],
) -> tuple[Any, list[Any], list[Any]]:
    """Return the gradients of the projected input, the first states and the weights."""
    mask = given.mask
    products = [_Product(*of_one) for of_one in given.of_each_product()]

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        d_output, *saved_t = inputs
        mask_t = None if mask is None else saved_t.pop()
        d_products: list[Any] = [None] * step.products

        def product(k: int, d_product: Any) -> Any:
            d_products[k] = d_product
            return products[k].of_operand(d_product)

        d_new = [carried[0] + d_output, *carried[1:]]
        if mask is None:
            d_p, d_states = step.backward(saved_t, d_new, product)
            return d_states, [d_p, *d_products]
        # A masked step passes gradients on; the step itself gets zeros, and so gives zeros.
        zeros = [ops.zeros_like(d) for d in d_new]
        d_p, d_states = step.backward(saved_t, chosen(mask_t, d_new, zeros), product)
        passed_on = chosen(mask_t, zeros, d_new)
        return [a + b for a, b in zip(d_states, passed_on, strict=True)], [d_p, *d_products]

    inputs = [d_outputs, *saved]
    if mask is not None:
        inputs.append(mask)
    d_states, (d_projected, *d_products) = walk(body, inputs, d_final, 1 + step.products, True)
    d_kernels = [
        product.of_kernel(operand, d)
        for product, operand, d in zip(products, operands, d_products, strict=True)
    ]
    d_biases = [
        ops.sum(d, axis=(0, 1))
        for bias, d in zip(given.biases, d_products, strict=True)
        if bias is not None
    ]
    return d_projected, d_states, d_kernels + d_biases


class _Product:
    """An operand times a kernel, and the gradients of the two.

    Args:
        kernel: `(units, gates · width)`.
        masks: for each gate what its operand is multiplied by, `(batch, units)`; None for nothing.
    """

    def __init__(self, kernel: Any, masks: list[Any] | None):
        self.dtype, self.masks = kernel.dtype, masks
        self.gates = ops.split(kernel, len(masks), axis=1) if masks else [kernel]
        self.turned = [turned(gate) for gate in self.gates]

    def __call__(self, operand: Any) -> Any:
        operands = [operand * mask for mask in self.masks] if self.masks else [operand]
        return self._joined(
            self._multiplied(x, gate) for x, gate in zip(operands, self.gates, strict=True)
        )

    def of_operand(self, d: Any) -> Any:
        """From the gradient of the result to that of the operand."""
        each = self._cut(d)
        parts = [self._multiplied(x, gate) for x, gate in zip(each, self.turned, strict=True)]
        if self.masks:
            parts = [part * mask for part, mask in zip(parts, self.masks, strict=True)]
        return sum(parts[1:], parts[0])

    def of_kernel(self, operand: Any, d: Any) -> Any:
        """From all operands and all gradients of results, `(time, batch, size)`, to the kernel's.

        It is one product in place of a sum over time steps.
        """
        operands = [operand * mask for mask in self.masks] if self.masks else [operand]
        return self._joined(
            ops.matmul(ops.transpose(self._rows(x)), self._rows(gate))
            for x, gate in zip(operands, self._cut(d), strict=True)
        )

    def _multiplied(self, operand: Any, kernel: Any) -> Any:
        return ops.cast(ops.matmul(ops.cast(operand, self.dtype), kernel), operand.dtype)

    def _rows(self, tensor: Any) -> Any:
        return ops.cast(ops.reshape(tensor, (-1, tensor.shape[-1])), self.dtype)

    def _cut(self, gates: Any) -> list[Any]:
        return ops.split(gates, len(self.masks), axis=-1) if self.masks else [gates]

    def _joined(self, parts: Iterable[Any]) -> Any:
        first, *others = parts
        return ops.concatenate([first, *others], axis=-1) if others else first


def turned(kernel: Any) -> Any:
    """A kernel transposed, once for all steps.

    TensorFlow would fold the transposition of a matrix into each step's product, which then reads
    the kernel by columns: at 128 units it takes a third longer. It leaves three axes alone.
    """
    rows, columns = kernel.shape
    cube = ops.reshape(kernel, (rows, columns, 1))
    return ops.reshape(ops.transpose(cube, (1, 2, 0)), (columns, rows))


def chosen(mask: Any, new: list[Any], old: list[Any]) -> list[Any]:
    """Each of the new where the mask is True, and of the old where not."""
    return [ops.where(mask, a, b) for a, b in zip(new, old, strict=True)]
