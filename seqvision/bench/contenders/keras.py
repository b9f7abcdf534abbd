"""Keras's own layers, in a model of the same weights, trained by `model.fit`."""

import time
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, CannotDo, Contender
from seqvision.bench.work import Work

_TWINS = {
    "GRU": "GRU",
    "LSTM": "LSTM",
    "SimpleRNN": "SimpleRNN",
    "Recurrent": "RNN",
    "Bidirectional": "Bidirectional",
}


@CONTENDERS.register("keras")
def as_it_comes(work: Work, weights: list[np.ndarray]) -> Contender:
    """Keras's layers with Keras's defaults, among them which backends compile."""
    return _contender(work, weights)


@CONTENDERS.register("keras-jit")
def compiled(work: Work, weights: list[np.ndarray]) -> Contender:
    """Keras's layers under `jit_compile=True`."""
    return _contender(work, weights, jit_compile=True)


@CONTENDERS.register("keras-unrolled")
def unrolled(work: Work, weights: list[np.ndarray]) -> Contender:
    """Keras's layers with `unroll=True`."""
    if work.steps is not None:
        raise CannotDo("Keras unrolls a number of steps that is known, and series have any")
    return _contender(work, weights, unroll=True)


def twin(work: Work, *, unroll: bool = False) -> Any:
    """The model of a work with each of our layers replaced by Keras's of the same name."""
    import keras

    from seqvision.families import FAMILIES
    from seqvision.runs.backend import precision

    options = {key: value for key, value in work.model.items() if key != "family"}
    with precision(work.precision):
        model = FAMILIES.get(work.model["family"])(work.input_shape, work.num_classes, **options)
        return keras.Model.from_config(replaced(model.get_config(), unroll))


def trained_by_fit(model: Any, work: Work, **options: Any) -> Contender:
    """A contender that is a Keras model with its weights, trained as its users train it.

    Args:
        options: of its `compile`.
    """
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(work.optimizer, loss, **options)
    images, labels = work.batch()

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            ends.append(time.perf_counter())

    ends: list[float] = []

    def batches() -> Any:
        while True:
            yield images, labels

    def fit(steps: int) -> list[float]:
        ends.clear()
        model.fit(batches(), steps_per_epoch=steps, verbose=0, callbacks=[Clock()], shuffle=False)
        return list(ends)

    def predict(images: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(model.predict_on_batch(images)).astype(np.float32)

    return Contender(fit, predict)


def _contender(
    work: Work, weights: list[np.ndarray], *, unroll: bool = False, **options: Any
) -> Contender:
    model = twin(work, unroll=unroll)
    model.set_weights(weights)
    return trained_by_fit(model, work, **options)


def replaced(config: Any, unroll: bool = False) -> Any:
    """A serialised model, or layer, with Keras's layers in place of ours, at any depth."""
    if isinstance(config, list):
        return [replaced(inner, unroll) for inner in config]
    if not isinstance(config, dict):
        return config
    config = {key: replaced(value, unroll) for key, value in config.items()}
    registered = str(config.get("registered_name"))
    name = registered.removeprefix("seqvision>")
    if name == "RecurrentMixer":
        from keras.saving import get_registered_name

        from seqvision.bench.keras_mixer import KerasMixer

        return {**config, "registered_name": get_registered_name(KerasMixer)}
    if name == registered or name not in _TWINS:
        return config
    inner = dict(config["config"])
    if "unroll" in inner:
        inner["unroll"] = unroll
    keras_own = {"module": "keras.layers", "class_name": _TWINS[name], "registered_name": None}
    return {**config, **keras_own, "config": inner}
