"""Any cell as a mixer, run over time."""

from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.wrappers.base import output_size
from seqvision.errors import SeqvisionError
from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.masked import without_masked
from seqvision.layers.one_step import nest_of, step_of_cell
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.options import CellSpec, WrapperSpec
from seqvision.specs import name_and_options


@MIXERS.register("recurrent", states="those of the cell")
@keras.saving.register_keras_serializable("seqvision")
class RecurrentMixer(Mixer):
    """A recurrent layer of any cell, with as many units as a step has features.

    In blocks it makes deep residual models of cells, such as

        model: {family: blocks, mixer: {name: recurrent, cell: cornn}, depth: 6}

    `layer`, a `keras.layers.RNN`, runs the cell in the fastest way that it knows; its `path` says
    which. Its states are those of the cell in a row, and in half precision as exact as there.

    Args:
        cell: what happens in one time step (`seqvision list cells`).
        wrap: wrappers around the cell, the innermost first.

    Raises:
        SeqvisionError: what comes out of the cell is not as wide as what goes in, or its states are
            no vectors.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import RecurrentMixer
        >>> mixer = RecurrentMixer(cell="indrnn")
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)
    """

    def __init__(
        self,
        cell: CellSpec = "gru",
        wrap: list[WrapperSpec] = [],  # noqa: B006
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.cell = cell
        self.wrap = wrap
        self.layer: Any = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.layer = self._layer(input_shape[-1])
        self.layer.build(input_shape)
        shapes = [tuple(s.shape[1:]) for s in tree.flatten(self.layer.get_initial_state(1))]
        if shapes != [(size,) for size, _ in self.states(input_shape[-1])]:
            raise SeqvisionError(
                f"recurrent: cell {self._cell_name!r} has states of shapes "
                f"{', '.join(map(str, shapes))}, and those of a mixer are vectors"
            )

    def _layer(self, features: int) -> Any:
        layer = recurrent_layer(
            self.cell,
            features,
            self.wrap,
            return_sequences=True,
            return_state=True,
            dtype=self.dtype_policy,
            name="layer",
        )
        width = output_size(layer.cell)
        if width != features:
            raise SeqvisionError(
                f"recurrent: cell {self._cell_name!r} makes {width} features of {features}, and "
                "a mixer as many as go in"
            )
        return layer

    @property
    def _cell_name(self) -> str:
        return name_and_options(self.cell)[0]

    def states(self, features: int) -> list[tuple[int, float]]:
        """The size of each state; what it begins with, `initial_state` says."""
        layer = self._layer(features) if self.layer is None else self.layer
        return [(size, 0.0) for size in tree.flatten(layer.cell.state_size)]

    def initial_state(self, batch: Any) -> list[Any]:
        return self._kept(self.layer.get_initial_state(batch))

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        output, states = step_of_cell(self.layer.cell, inputs, states)
        return ops.cast(output, self.compute_dtype), self._kept(states)

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        first = tree.pack_sequence_as(nest_of(self.layer.cell), states)
        outputs, *last = self.layer(sequence, initial_state=first, mask=mask, training=training)
        return without_masked(outputs, mask), self._kept(last)

    def _kept(self, states: Any) -> list[Any]:
        return [ops.cast(state, self.state_dtype) for state in tree.flatten(states)]
