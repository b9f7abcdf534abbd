"""The minimal LSTM, whose gates do not look at the state."""

from typing import Any

import keras
from keras import ops

from seqvision.mixers import MIXERS
from seqvision.mixers.base_gated import GatedMixer


@MIXERS.register("min_lstm", paper="Feng et al. 2024, arXiv 2410.01201", states="expand · features")
@keras.saving.register_keras_serializable("seqvision")
class MinLSTM(GatedMixer):
    """Minimal LSTM: a forget and an input gate that sum to 1, from the input alone.

        f = σ(x W_f + b_f),  i = σ(x W_i + b_i)
        h' = f / (f + i) ∘ h + i / (f + i) ∘ g(x W + b)

    with g(v) = v + 1/2 for v ≥ 0 and σ(v) below, which keeps h positive, as the paper's version in
    log space has it. h is what comes out, or h W_o + b_o if `expand` is above 1. The kernel holds
    W_f, W_i and W. A first state is h itself, whether steps are read one by one or at once.

    Args:
        expand: the state is so many times as wide as the features.
        positive: whether there is a g; if not, the candidate is x W + b, as in the paper's plain
            version.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import MinLSTM
        >>> mixer = MinLSTM()
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Feng et al., "Were RNNs all we needed?", 2024, arXiv 2410.01201.
    """

    gates, cell = 2, "min_lstm"

    def moved(self, *parts: Any) -> tuple[Any, Any]:
        f, i, candidate = parts
        # log f − log i: f / (f + i) is its sigmoid, also where both gates are shut.
        balance = ops.log_sigmoid(f) - ops.log_sigmoid(i)
        return ops.sigmoid(balance), ops.sigmoid(-balance) * candidate
