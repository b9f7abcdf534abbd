"""Where the engine applies, and what a layer says of the path it took."""

from typing import Any

import keras
from keras import tree

from seqvision.layers.engine.choice import choose
from seqvision.layers.engine.path import TellsPath
from seqvision.layers.masked import without_masked


class FastLoop(TellsPath):
    """Mix into a Keras recurrent layer to run it through the engine on a CPU.

    `layer.path` says after a call which path it took and why: `"engine: unrolled"`,
    `"keras: there is a GPU"`. Where the engine does not apply, Keras's own loop runs;
    on a GPU that is cuDNN.
    """

    def _step(self) -> Any:
        """The cell's step for the engine, or the reason why there is none."""
        raise NotImplementedError

    def _weights_of_step(
        self, recurrent_kernel: Any, bias: Any
    ) -> tuple[list[Any], list[Any], Any]:
        """The kernel and bias of each product, and the bias of the projection; biases may be None.

        Kernels are `(units, gates · units)`, biases `(gates · units,)`.
        """
        raise NotImplementedError

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        mask = mask[0] if tree.is_nested(mask) else mask
        sequences = without_masked(sequences, mask)
        step = self._step()
        way = step if isinstance(step, str) else choose(self, step, sequences, mask, training)
        if isinstance(way, str):
            self._say(f"keras: {way}")
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        cell: Any = self.cell  # type: ignore[attr-defined]
        states, masks, recurrent_masks = list(initial_state), None, None
        if training and cell.dropout:
            masks = cell.get_dropout_mask(sequences[:, 0])
            if not isinstance(masks, list):
                sequences, masks = sequences * masks[:, None], None
        if training and cell.recurrent_dropout:
            recurrent_masks = tree.flatten(cell.get_recurrent_dropout_mask(states[0]))
        given = sequences, states, mask, masks, recurrent_masks
        outputs, how = way.run_layer(self, step, given, training)
        self._say(f"{way.NAME}: {how}")
        return outputs


def plain(activation: Any, *names: str) -> bool:
    """Whether a cell's activation is one of Keras's of these names."""
    return any(activation is getattr(keras.activations, name) for name in names)
