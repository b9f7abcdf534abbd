"""What deep models of mixers are stacked of: a mixer within a residual block."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.layers.masked import without_masked
from seqvision.mixers.base import Mixer

Norm = Literal["layer", "batch"]


@keras.saving.register_keras_serializable("seqvision")
class Block(Mixer):
    """A mixer, what each step does by itself after it, and the steps as they came, added up.

        y = x + dropout(GLU(dropout(GELU(mixer(norm(x))))))

    with GLU(v) = (v W + b) ∘ σ(v V + c), as S4, S5 and LRU are stacked. It is a mixer too: causal
    if its own is.

    Args:
        mixer: from `(batch, steps, features)` to the same shape.
        norm: normalise over the features (`layer`) or over batch and steps (`batch`).
        norm_first: normalise what goes into the mixer; if not, the sum that comes out.
        dropout: the share of values set to zero in training, anew for each step.

    References:
        Gu et al., "Efficiently modeling long sequences with structured state spaces", 2021, arXiv
        2111.00396; Smith et al. 2022, arXiv 2208.04933; Orvieto et al. 2023, arXiv 2303.06349.
    """

    def __init__(
        self,
        mixer: Mixer,
        norm: Norm = "layer",
        norm_first: bool = True,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**{"dtype": mixer.dtype_policy, **kwargs})
        self.mixer = mixer
        self.norm = norm
        self.norm_first = norm_first
        self.dropout = dropout
        self.causal = mixer.causal
        self.normalize = normalization(norm, dtype=self.dtype_policy, name="norm")
        self.drop_mixed = keras.layers.Dropout(dropout, name="drop_mixed")
        self.drop = keras.layers.Dropout(dropout, name="drop")

    @property
    def looks_ahead(self) -> str | None:
        return self.mixer.looks_ahead

    @property
    def is_stepwise(self) -> bool:
        return self.mixer.is_stepwise

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.normalize.build(input_shape)
        if not self.mixer.built:  # As one that was loaded is.
            self.mixer.build(input_shape)
        features = input_shape[-1]
        self.glu = keras.layers.Dense(2 * features, dtype=self.dtype_policy, name="glu")
        self.glu.build(input_shape)

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        mixed = self.mixer(self._before(sequence, mask, training), mask=mask, training=training)
        return self._after(sequence, mixed, mask, training)

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        given = self._before(sequence, mask, training)
        mixed, states = self.mixer.run(given, states, mask, training)
        return self._after(sequence, mixed, mask, training), states

    def states(self, features: int) -> list[tuple[int, float]]:
        return self.mixer.states(features)

    def initial_state(self, batch: Any) -> list[Any]:
        return self.mixer.initial_state(batch)

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        sequence = inputs[:, None]
        mixed, states = self.mixer.step(self._before(sequence, None, False)[:, 0], states)
        return self._after(sequence, mixed[:, None], None, False)[:, 0], states

    def _before(self, sequence: Any, mask: Any, training: bool) -> Any:
        """What the mixer reads."""
        return self._normalized(sequence, mask, training) if self.norm_first else sequence

    def _after(self, sequence: Any, mixed: Any, mask: Any, training: bool) -> Any:
        """What comes out, from what came in and what the mixer made of it."""
        each = self.drop_mixed(ops.gelu(mixed), training=training)
        value, gate = ops.split(self.glu(each), 2, axis=-1)
        whole = sequence + self.drop(value * ops.sigmoid(gate), training=training)
        if not self.norm_first:
            whole = self._normalized(whole, mask, training)
        return without_masked(whole, mask)

    def _normalized(self, sequence: Any, mask: Any, training: bool) -> Any:
        sequence = without_masked(sequence, mask)
        if self.norm == "batch":
            return self.normalize(sequence, mask=mask, training=training)
        return self.normalize(sequence)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mixer": keras.saving.serialize_keras_object(self.mixer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Block":
        return cls(**{**config, "mixer": keras.saving.deserialize_keras_object(config["mixer"])})


def normalization(norm: Norm, **kwargs: Any) -> keras.layers.Layer:
    """The layer that normalises as `Block` says."""
    batch = norm == "batch"
    layer = keras.layers.BatchNormalization if batch else keras.layers.LayerNormalization
    return layer(**kwargs)
