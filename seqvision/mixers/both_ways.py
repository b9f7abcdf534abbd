"""A mixer and a copy of it that reads from the end."""

from typing import Any

import keras
from keras import ops

from seqvision.mixers.base import Mixer


@keras.saving.register_keras_serializable("seqvision")
class BothWays(Mixer):
    """A mixer and another like it, with weights of its own, that reads from the end, added up.

    Args:
        mixer: the one that reads from the beginning.
    """

    causal = False

    def __init__(self, mixer: Mixer, **kwargs: Any):
        super().__init__(**kwargs)
        self.mixer = mixer
        self.back = mixer.__class__.from_config(
            {**mixer.get_config(), "name": f"{mixer.name}_back"}
        )

    @property
    def looks_ahead(self) -> str:
        return "it reads in both directions"

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if not self.mixer.built:  # As one that was loaded is.
            self.mixer.build(input_shape)
        self.back.build(input_shape)

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        ahead = self.mixer(sequence, mask=mask, training=training)
        mask = None if mask is None else ops.flip(mask, axis=1)
        back = self.back(ops.flip(sequence, axis=1), mask=mask, training=training)
        return ahead + ops.flip(back, axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mixer": keras.saving.serialize_keras_object(self.mixer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BothWays":
        return cls(**{**config, "mixer": keras.saving.deserialize_keras_object(config["mixer"])})
