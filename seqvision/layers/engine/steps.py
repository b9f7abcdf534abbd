"""One time step of each cell that the engine knows, forward and backward."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from keras import ops

from seqvision.layers.engine import derivatives

Product = Callable[[int, Any], Any]
"""`product(k, operand)`: an operand `(batch, n)` times the k-th recurrent kernel, plus its bias.
In a backward step: the gradient of the k-th product to the gradient of its operand."""


class Step(Protocol):
    """What the loop needs to know of a cell; tensors of one step are `(batch, size)`.

    Steps that compute the same are equal, and hashable: what was traced for one serves the other.
    """

    @property
    def products(self) -> int:
        """How many recurrent products a step has."""
        ...

    @property
    def saved(self) -> int:
        """How many tensors a forward step keeps for the backward one."""
        ...

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        """From the projected input and the states to the new states and what is to be saved.

        The output of a step is its first new state.
        """
        ...

    def backward(self, saved: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        """From the gradients of the new states to those of the projected input and the states."""
        ...


@dataclass(frozen=True)
class SimpleRNNStep:
    """h = φ(p + h U), φ being tanh or relu."""

    relu: bool

    products, saved = 1, 1

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        h = p + product(0, states[0])
        h = ops.relu(h) if self.relu else ops.tanh(h)
        return [h], [h]

    def backward(self, saved: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        (h,), (d_h,) = saved, d
        d_p = d_h * ops.cast(h > 0, h.dtype) if self.relu else derivatives.of_tanh(h, d_h)
        return d_p, [product(0, d_p)]


@dataclass(frozen=True)
class LSTMStep:
    """i, f, g, o of p + h U; c = f c + i g; h = o tanh c."""

    products, saved = 1, 6

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        h, c = states
        i, f, g, o = ops.split(p + product(0, h), 4, axis=1)
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
        new_c = f * c + i * g
        tanh_c = ops.tanh(new_c)
        return [o * tanh_c, new_c], [i, f, g, o, c, tanh_c]

    def backward(self, saved: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        i, f, g, o, c, tanh_c = saved
        d_h, d_c = d
        d_c = d_c + derivatives.of_tanh(tanh_c, d_h * o)
        d_p = ops.concatenate(
            [
                derivatives.of_sigmoid(i, d_c * g),
                derivatives.of_sigmoid(f, d_c * c),
                derivatives.of_tanh(g, d_c * i),
                derivatives.of_sigmoid(o, d_h * tanh_c),
            ],
            axis=1,
        )
        return d_p, [product(0, d_p), d_c * f]


@dataclass(frozen=True)
class GRUStep:
    """z, r, c of p and h U; h = z h + (1 − z) tanh(p_c + r (h U_c + b)): `reset_after=True`."""

    products, saved = 1, 5

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        (h,) = states
        p_z, p_r, p_c = ops.split(p, 3, axis=1)
        s_z, s_r, s_c = ops.split(product(0, h), 3, axis=1)
        z, r = ops.sigmoid(p_z + s_z), ops.sigmoid(p_r + s_r)
        c = ops.tanh(p_c + r * s_c)
        above = h - c
        return [c + z * above], [z, r, c, s_c, above]

    def backward(self, saved: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        z, r, c, s_c, above = saved
        (d_h,) = d
        d_old = d_h * z
        d_z = derivatives.of_sigmoid(z, d_h * above)
        d_c = derivatives.of_tanh(c, d_h - d_old)
        d_r = derivatives.of_sigmoid(r, d_c * s_c)
        d_s = ops.concatenate([d_z, d_r, d_c * r], axis=1)
        d_p = ops.concatenate([d_z, d_r, d_c], axis=1)
        return d_p, [d_old + product(0, d_s)]


@dataclass(frozen=True)
class GRUResetBeforeStep:
    """z, r of p and h U; h = z h + (1 − z) tanh(p_c + (r h) U_c): `reset_after=False`."""

    products, saved = 2, 4

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        (h,) = states
        p_z, p_r, p_c = ops.split(p, 3, axis=1)
        s_z, s_r = ops.split(product(0, h), 2, axis=1)
        z, r = ops.sigmoid(p_z + s_z), ops.sigmoid(p_r + s_r)
        c = ops.tanh(p_c + product(1, r * h))
        return [c + z * (h - c)], [z, r, c, h]

    def backward(self, saved: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        z, r, c, h = saved
        (d_h,) = d
        d_old = d_h * z
        d_z = derivatives.of_sigmoid(z, d_h * (h - c))
        d_c = derivatives.of_tanh(c, d_h - d_old)
        d_rh = product(1, d_c)
        d_r = derivatives.of_sigmoid(r, d_rh * h)
        d_zr = ops.concatenate([d_z, d_r], axis=1)
        d_p = ops.concatenate([d_zr, d_c], axis=1)
        return d_p, [d_old + d_rh * r + product(0, d_zr)]
