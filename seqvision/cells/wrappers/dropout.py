"""Dropout of what goes into a cell, of its state and of its output."""

from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper, uniform
from seqvision.options import Rate


@WRAPPERS.register(
    "dropout",
    paper="Zaremba et al. 2014, arXiv 1409.2329; Gal & Ghahramani 2015, arXiv 1512.05287",
)
@keras.saving.register_keras_serializable("seqvision")
class DropoutWrapper(Wrapper):
    """Dropout of a cell's input, state and output, while training.

        y, s' = cell(m_x ∘ x, s),  output m_y ∘ y,  first state m_s ∘ s'_1

    Each m is 1 / (1 − rate) where it keeps and 0 where it drops, drawn for each sequence of the
    batch by itself. The state that is handed on is dropped, not the output that it was; of
    several states it is the first, h: a memory c is never touched. All this is TensorFlow 1's
    `DropoutWrapper`.

    Args:
        input_rate: the share of the input's features that is dropped.
        state_rate: the share of the first state that is dropped.
        output_rate: the share of the output that is dropped.
        variational: whether the masks are drawn once a sequence and hold at all its time steps
            (Gal & Ghahramani), in place of anew at each step. Outside a recurrent layer they
            hold until `reset_dropout_mask()`, as those of Keras's cells do.
        seed: seed of the masks.

    Raises:
        SeqvisionError: on JAX, within `keras.layers.RNN` and not `variational`: its loop has
            nothing new to draw from at a step. `seqvision.layers.Recurrent` has.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import DropoutWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(DropoutWrapper(keras.layers.GRUCell(16), input_rate=0.1))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Zaremba, Sutskever & Vinyals, "Recurrent neural network regularization", 2014, arXiv
        1409.2329; Gal & Ghahramani, "A theoretically grounded application of dropout in
        recurrent neural networks", 2015, arXiv 1512.05287.
    """

    elementwise = True

    def __init__(
        self,
        cell: Any,
        input_rate: Rate = 0.0,
        state_rate: Rate = 0.0,
        output_rate: Rate = 0.1,
        variational: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(cell, **kwargs)
        self.input_rate = input_rate
        self.state_rate = state_rate
        self.output_rate = output_rate
        self.variational = variational
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._masks: dict[str, Any] = {}
        # Masks that hold for a whole sequence know which axis is time, and the whole batch.
        self.elementwise = not variational

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        if not training:
            return sequence, {}
        masks = self._draw(sequence)
        if "input" in masks:
            sequence = sequence * masks.pop("input")
        return sequence, masks

    def leave(self, output: Any, own: Any, training: bool = False) -> Any:
        return output * own["output"] if "output" in own else output

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        output, states = super().step(projected, states, training)
        if "state" in projected[1]:
            states = [states[0] * projected[1]["state"], *states[1:]]
        return output, states

    def recurrence(self, projected: Any, training: bool = False) -> tuple[Any, Any] | None:
        return None if "state" in projected[1] else self._of_cell(projected, training)

    def get_dropout_mask(self, step_input: Any) -> None:
        super().get_dropout_mask(step_input)
        if self.variational:
            self._draw(step_input[:, None])

    def reset_dropout_mask(self) -> None:
        super().reset_dropout_mask()
        self._masks = {}

    def _draw(self, sequence: Any) -> dict[str, Any]:
        """The masks of a sequence, each `(batch, time, size)`, by what they fall on."""
        sizes = {
            "input": (self.input_rate, sequence.shape[-1]),
            "state": (self.state_rate, tree.flatten(self.state_size)[0]),
            "output": (self.output_rate, self.output_size),
        }
        masks = {}
        for name, (rate, size) in sizes.items():
            if rate and self.variational:
                if name not in self._masks:
                    noise = uniform(sequence[:, :1], size, self.seed_generator)
                    self._masks[name] = self._mask(noise, rate)
                each_step = ops.ones_like(sequence[:, :, :1], dtype=self.compute_dtype)
                masks[name] = self._masks[name] * each_step
            elif rate:
                noise = self._uniform(sequence, size, self.seed_generator)
                masks[name] = self._mask(noise, rate)
        return masks

    def _mask(self, noise: Any, rate: float) -> Any:
        """The mask of noise in [0, 1): 0 below the rate, else 1 / (1 − rate)."""
        return ops.cast(noise >= rate, self.compute_dtype) / (1 - rate)
