"""One time step of each cell that the engine knows, forward and backward.

Backward is cut in two: `factors` does for all time steps at once, in a few large operations, what
does not depend on the gradient that flows back; `backward` is what is left for the loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from keras import ops

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
        """How many tensors a forward step keeps for `factors`."""
        ...

    def forward(self, p: Any, states: list[Any], product: Product) -> tuple[list[Any], list[Any]]:
        """From the projected input and the states to the new states and what is to be saved.

        The output of a step is its first new state.
        """
        ...

    def factors(self, saved: list[Any]) -> list[Any]:
        """From what was saved, each `(time, batch, size)`, to what `backward` needs of it."""
        ...

    def backward(self, factors: list[Any], d: list[Any], product: Product) -> tuple[Any, list[Any]]:
        """From the gradients of the new states to those of the projected input and the states."""
        ...


@dataclass(frozen=True)
class SimpleRNNStep:
    """h = φ(p + h U), φ being tanh or relu."""

    relu: bool

    products, saved = 1, 1

    def forward(self, p, states, product):
        h = p + product(0, states[0])
        h = ops.relu(h) if self.relu else ops.tanh(h)
        return [h], [h]

    def factors(self, saved):
        (h,) = saved
        return [ops.cast(h > 0, h.dtype) if self.relu else 1 - h * h]

    def backward(self, factors, d, product):
        d_p = d[0] * factors[0]
        return d_p, [product(0, d_p)]


@dataclass(frozen=True)
class LSTMStep:
    """i, f, g, o of p + h U; c = f c + i g; h = o tanh c."""

    products, saved = 1, 6

    def forward(self, p, states, product):
        h, c = states
        i, f, g, o = ops.split(p + product(0, h), 4, axis=1)
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
        new_c = f * c + i * g
        tanh_c = ops.tanh(new_c)
        return [o * tanh_c, new_c], [i, f, g, o, c, tanh_c]

    def factors(self, saved):
        i, f, g, o, c, tanh_c = saved
        return [
            o * (1 - tanh_c * tanh_c),  # ∂h/∂c
            g * i * (1 - i),  # ∂c/∂ of each pre-activation
            c * f * (1 - f),
            i * (1 - g * g),
            tanh_c * o * (1 - o),  # ∂h/∂ of the output gate's pre-activation
            f,
        ]

    def backward(self, factors, d, product):
        to_c, to_i, to_f, to_g, to_o, f = factors
        d_h, d_c = d
        d_c = d_c + d_h * to_c
        d_p = ops.concatenate([d_c * to_i, d_c * to_f, d_c * to_g, d_h * to_o], axis=1)
        return d_p, [product(0, d_p), d_c * f]


@dataclass(frozen=True)
class GRUStep:
    """z, r, c of p and h U; h = z h + (1 − z) tanh(p_c + r (h U_c + b)): `reset_after=True`."""

    products, saved = 1, 5

    def forward(self, p, states, product):
        (h,) = states
        p_z, p_r, p_c = ops.split(p, 3, axis=1)
        s_z, s_r, s_c = ops.split(product(0, h), 3, axis=1)
        z, r = ops.sigmoid(p_z + s_z), ops.sigmoid(p_r + s_r)
        c = ops.tanh(p_c + r * s_c)
        return [c + z * (h - c)], [z, r, c, s_c, h]

    def factors(self, saved):
        z, r, c, s_c, h = saved
        to_c = (1 - z) * (1 - c * c)
        return [z, (h - c) * z * (1 - z), to_c * s_c * r * (1 - r), to_c, to_c * r]

    def backward(self, factors, d, product):
        z, to_z, to_r, to_c, to_s = factors
        (d_h,) = d
        d_z, d_r = d_h * to_z, d_h * to_r
        d_s = ops.concatenate([d_z, d_r, d_h * to_s], axis=1)
        d_p = ops.concatenate([d_z, d_r, d_h * to_c], axis=1)
        return d_p, [d_h * z + product(0, d_s)]


@dataclass(frozen=True)
class GRUResetBeforeStep:
    """z, r of p and h U; h = z h + (1 − z) tanh(p_c + (r h) U_c): `reset_after=False`."""

    products, saved = 2, 4

    def forward(self, p, states, product):
        (h,) = states
        p_z, p_r, p_c = ops.split(p, 3, axis=1)
        s_z, s_r = ops.split(product(0, h), 2, axis=1)
        z, r = ops.sigmoid(p_z + s_z), ops.sigmoid(p_r + s_r)
        c = ops.tanh(p_c + product(1, r * h))
        return [c + z * (h - c)], [z, r, c, h]

    def factors(self, saved):
        z, r, c, h = saved
        return [z, r, (h - c) * z * (1 - z), h * r * (1 - r), (1 - z) * (1 - c * c)]

    def backward(self, factors, d, product):
        z, r, to_z, to_r, to_c = factors
        (d_h,) = d
        d_c = d_h * to_c
        d_rh = product(1, d_c)
        d_zr = ops.concatenate([d_h * to_z, d_rh * to_r], axis=1)
        d_p = ops.concatenate([d_zr, d_c], axis=1)
        return d_p, [d_h * z + d_rh * r + product(0, d_zr)]
