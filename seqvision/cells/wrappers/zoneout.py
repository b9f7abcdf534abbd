"""Zoneout: units that at random keep their state for a step."""

from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper
from seqvision.options import Rate


@WRAPPERS.register("zoneout", paper="Krueger et al. 2016, arXiv 1606.01305")
@keras.saving.register_keras_serializable("seqvision")
class ZoneoutWrapper(Wrapper):
    """Zoneout: at each step some units of a state keep the value they had.

        s' = z ∘ s + (1 − z) ∘ s̃,  s̃ being the wrapped cell's new state

    While training z is 1 for a random share of the units, drawn anew at each step, and 0 for the
    others; in inference it is that share itself, the mean over all draws. Where the cell's output
    is its first state h, the zoned-out h is the output.

    Args:
        rate: the share of the first state, h, that stays.
        cell_rate: the share of the second state, an LSTM's c; `rate` when not given. The paper's
            best character model of Penn Treebank has 0.05 for h and 0.5 for c. Further states,
            such as a phased LSTM's clock, are left alone.
        seed: seed of the draws.

    Raises:
        SeqvisionError: when training on JAX within `keras.layers.RNN`, whose loop has nothing
            new to draw from at a step. `seqvision.layers.Recurrent` has.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import ZoneoutWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(ZoneoutWrapper(keras.layers.LSTMCell(16), rate=0.15))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Krueger et al., "Zoneout: regularizing RNNs by randomly preserving hidden activations",
        2016, arXiv 1606.01305.
    """

    elementwise = True

    def __init__(
        self,
        cell: Any,
        rate: Rate = 0.1,
        cell_rate: Rate | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(cell, **kwargs)
        self.rate = rate
        self.cell_rate = cell_rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        if not training:
            return sequence, []
        sizes = tree.flatten(self.state_size)
        draws = [
            self._uniform(sequence, size, self.seed_generator) < rate
            for size, rate in zip(sizes, self._rates, strict=False)
        ]
        return sequence, [ops.cast(stays, self.compute_dtype) for stays in draws]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        output, new = super().step(projected, states, training)
        zoned = [
            z * s + (1 - z) * s_new
            for z, s, s_new in zip(projected[1] or self._rates, states, new, strict=False)
        ]
        zoned += new[len(zoned) :]
        return zoned[0] if output is new[0] else output, zoned

    @property
    def _rates(self) -> tuple[float, float]:
        """The rates of h and c."""
        return self.rate, self.rate if self.cell_rate is None else self.cell_rate
