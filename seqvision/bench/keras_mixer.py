"""Keras's recurrent layers as mixers."""

from typing import Any

import keras

from seqvision.mixers import RecurrentMixer


@keras.saving.register_keras_serializable("seqvision.bench")
class KerasMixer(RecurrentMixer):
    """Any cell as a mixer, run over time by the layer that Keras has for it."""

    def _layer(self, features: int) -> Any:
        from seqvision.bench.contenders.keras import replaced

        ours = keras.saving.serialize_keras_object(super()._layer(features))
        return keras.saving.deserialize_keras_object(replaced(ours))
