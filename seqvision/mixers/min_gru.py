"""The minimal GRU, whose gate does not look at the state."""

from typing import Any

import keras
from keras import ops

from seqvision.mixers import MIXERS
from seqvision.mixers.base_gated import GatedMixer


@MIXERS.register("min_gru", paper="Feng et al. 2024, arXiv 2410.01201", states="expand · features")
@keras.saving.register_keras_serializable("seqvision")
class MinGRU(GatedMixer):
    """Minimal GRU: one gate, from the input alone.

        z = σ(x W_z + b_z)
        h' = (1 − z) ∘ h + z ∘ g(x W + b)

    with g(v) = v + 1/2 for v ≥ 0 and σ(v) below, which keeps h positive, as the paper's version in
    log space has it. h is what comes out, or h W_o + b_o if `expand` is above 1. The kernel holds
    W_z and W. A first state is h itself, whether steps are read one by one or at once.

    Args:
        expand: the state is so many times as wide as the features.
        positive: whether there is a g; if not, the candidate is x W + b, as in the paper's plain
            version.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import MinGRU
        >>> mixer = MinGRU(expand=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Feng et al., "Were RNNs all we needed?", 2024, arXiv 2410.01201.
    """

    gates, cell = 1, "min_gru"

    def moved(self, *parts: Any) -> tuple[Any, Any]:
        z, candidate = parts
        # 1 − σ(z), which close to 0 would have no digits left.
        return ops.sigmoid(-z), ops.sigmoid(z) * candidate
