"""What the LSTMs with peepholes, a projected output and clips share."""

from typing import Any

import keras
from keras import ops

from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import raised_bias
from seqvision.cells.primitives import knot, times
from seqvision.options import Initializer, PositiveFloat, PositiveInt


class BaseLSTMCell(GatedCell):
    """Constructor, weights and the way out of such an LSTM; a subclass has its `step`.

    Args:
        use_peepholes: whether the gates see the cell state, through a weight a unit.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        cell_clip: bound of the cell state's absolute values; None for no bound.
        projection: size of the output, given by a linear projection; None for no projection.
        projection_clip: bound of the projected output's absolute values.
        others: those of `GatedCell`.
    """

    gates: tuple[str, ...] = ("input", "forget", "candidate", "output")
    """The gates in the order in which the kernels hold them."""

    def __init__(
        self,
        *args: Any,
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        cell_clip: PositiveFloat | None = None,
        projection: PositiveInt | None = None,
        projection_clip: PositiveFloat | None = None,
        recurrent_initializer: Initializer = "orthogonal",
        peephole_initializer: Initializer = "glorot_uniform",
        projection_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(*args, recurrent_initializer=recurrent_initializer, **kwargs)
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.cell_clip = cell_clip
        self.projection = projection
        self.projection_clip = projection_clip
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.output_size = projection or self.units
        self.state_size = [self.output_size, self.units]
        self.input_peephole = self.forget_peephole = self.output_peephole = None

    def build(self, input_shape: Any) -> None:
        width = len(self.gates) * self.units
        self.add_kernel("kernel", (input_shape[-1], width), self.kernel_initializer)
        self.add_kernel("recurrent_kernel", (self.output_size, width), self.recurrent_initializer)
        self.add_biases(width)
        if self.use_peepholes:
            for name in (f"{gate}_peephole" for gate in self.gates if gate != "candidate"):
                peephole = self.add_weight((self.units,), self.peephole_initializer, name=name)
                setattr(self, name, peephole)
        if self.projection:
            shape = (self.units, self.projection)
            self.add_kernel("projection_kernel", shape, self.projection_initializer)

    def add_kernel(self, name: str, shape: tuple[int, int], initializer: Any) -> None:
        """Add a kernel as the attribute `name`, and what belongs to it."""
        setattr(self, name, self.add_weight(shape, initializer, name=name))

    def used_kernel(self, name: str) -> Any:
        """Return the kernel `(n, m)` that operands are multiplied with."""
        return getattr(self, name)

    def add_biases(self, width: int) -> None:
        """Add the weights that all gates have side by side, `(width,)`: here the bias."""
        self.bias = self.add_weight((width,), self.raised(self.bias_initializer), name="bias")

    def raised(self, initializer: Any) -> Any:
        """Return an initializer of biases `(width,)` that raises the forget gate's."""
        forget = self.gates.index("forget")
        return raised_bias(initializer, forget, len(self.gates), self.forget_bias)

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.used_kernel("kernel")) + self.bias

    def gate(self, z: Any, c: Any, peephole: Any) -> Any:
        """Return σ(z + p ∘ c), all `(batch, units)`; without peepholes σ(z)."""
        return self.recurrent_activation(z if peephole is None else z + peephole * c)

    def clipped(self, c: Any) -> Any:
        """Return the cell state `(batch, units)` that is kept."""
        return knot(ops.clip(c, -self.cell_clip, self.cell_clip) if self.cell_clip else c)

    def put_out(self, o: Any, c: Any, shown: Any = None) -> tuple[Any, list[Any]]:
        """Return h' and the states `[h', c']`.

        Args:
            o: what the output gate is made of besides its peephole, `(batch, units)`.
            c: the new cell state, `(batch, units)`.
            shown: what the output shows of it, if that is not c itself.
        """
        h = self.gate(o, c, self.output_peephole) * self.activation(c if shown is None else shown)
        if self.projection:
            h = times(h, self.used_kernel("projection_kernel"))
            if self.projection_clip:
                h = ops.clip(h, -self.projection_clip, self.projection_clip)
        return h, [h, c]
