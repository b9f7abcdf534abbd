"""Keras's dropout of what a cell sees of its own state."""

from typing import Any

import keras

from seqvision.options import Rate
from seqvision.privates import DropoutRNNCell


class RecurrentDropout(DropoutRNNCell):
    """Mix into a cell to give it a dropout of the state that its kernel meets, while training.

    One mask is drawn for each sequence of a batch, and holds at all its time steps, for all gates
    alike (Gal & Ghahramani 2015, arXiv 1512.05287, with tied weights; Keras's own cells draw one
    a gate). `keras.layers.RNN` and `seqvision.layers.Recurrent` have it drawn before a sequence;
    outside of them it holds until `reset_recurrent_dropout_mask()`.

    Args:
        recurrent_dropout: the share of the state that is dropped.
        seed: seed of the masks.
    """

    dropout = 0.0  # `keras.layers.RNN` asks for a mask of the input too.

    def __init__(
        self, *args: Any, recurrent_dropout: Rate = 0.0, seed: int | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        if recurrent_dropout:
            self.seed_generator = keras.random.SeedGenerator(seed)
            self.elementwise = False  # The mask is of the whole batch, and the engine cuts that up.

    def dropped(self, state: Any, training: bool) -> Any:
        """Return what the kernel sees of a state `(batch, units)`."""
        if not training or not self.recurrent_dropout:
            return state
        return state * self.get_recurrent_dropout_mask(state)
