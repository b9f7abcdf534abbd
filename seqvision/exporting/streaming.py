"""The model of one step: from a step and states to logits and new states.

A causal model that has read some rows of an image has an opinion already, and all that it knows of
them is in its states. Its step model takes the next row and the states, and returns the opinion
and the states to come: for whoever gets the rows one by one, and for devices that hold one only.
"""

from typing import Any

import keras
import numpy as np

from seqvision.errors import SeqvisionError
from seqvision.exporting.chain import chain_of
from seqvision.exporting.stepwise import Description, State, Stepwise
from seqvision.inputs.series import SeriesInput
from seqvision.layers.answer_so_far import AnswerSoFar
from seqvision.layers.one_step import OneStep
from seqvision.layers.pooling import Pooling
from seqvision.mixers.base import Mixer


def step_model(model: keras.Model) -> keras.Model:
    """Return the model of one time step of a causal model.

    It takes a dict: `row`, the raw values of the step, `(batch, features)`, and each state by its
    name, `(batch, size)`. It returns one: `logits`, what the model says having read up to this
    row, and each new state by its name with `_next`. `description` says which values a row has in
    which order, and what the states begin with; `stepwise` runs over a sequence.

    A model of raw series takes raw steps, NaN where nothing was observed. The logits are those of a
    series that ends there: where a step holds no value at all, those of the last that held one.

    The weights are copies of the model's.

    Args:
        model: of layers one after another: at most one scan, or an input of series that does not
            look ahead; recurrent layers with any cell whose states are `(batch, size)`, mixers
            that are recurrences, what treats each step alone, a pooling of `seqvision.layers`, and
            what comes after it. The families `stacked` and `blocks` make such models.

    Raises:
        SeqvisionError: the model looks ahead, or is not made so; it says by which layer.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("stacked", cell="gru", units=[8])
        >>> sorted(seqvision.step_model(model).output)
        ['logits', 'recurrent_1_state_1_next']
    """
    chain = chain_of(model)
    row = keras.Input((chain.features,), dtype=model.inputs[0].dtype, name="row")
    inputs, outputs, here, copies = {"row": row}, {}, row, []

    def states_of(name: str, sizes: list[int], dtype: str) -> list[Any]:
        names = [f"{name}_state_{k + 1}" for k in range(len(sizes))]
        states = [
            keras.Input((size,), dtype=dtype, name=each)
            for each, size in zip(names, sizes, strict=True)
        ]
        inputs.update(zip(names, states, strict=True))
        return states

    def keep(name: str, states: list[Any]) -> None:
        outputs.update((f"{name}_state_{k + 1}_next", state) for k, state in enumerate(states))

    for layer in chain.layers:
        copy = layer.__class__.from_config(layer.get_config())
        if isinstance(copy, (keras.layers.RNN, Mixer, Pooling, SeriesInput)):
            step = OneStep(copy)
            sizes = step.state_sizes(here.shape[-1])
            here, *new = step([here, *states_of(layer.name, sizes, step.state_dtype)])
            keep(layer.name, new)
        else:
            here = copy(here)
        copies.append((layer, copy))
    for layer, copy in copies:
        copy.set_weights(layer.get_weights())
    if len(here.shape) != 2:
        raise SeqvisionError(f"streaming: the model returns {here.shape[1:]}, not logits")
    if isinstance(chain.layers[0], SeriesInput):
        so_far = AnswerSoFar(chain.layers[0].max_steps, dtype=here.dtype, name="answer")
        states = states_of(so_far.name, so_far.state_sizes(here.shape[-1]), here.dtype)
        new = so_far([here, row, *states])
        keep(so_far.name, new)
        here = new[0]
    return keras.Model(inputs, {"logits": here, **outputs}, name=f"{model.name}_step")


def description(model: keras.Model, step: keras.Model) -> Description:
    """What one needs to know to run a step model, wherever it is.

    Args:
        model: the model whose step model `step` is.
    """
    chain = chain_of(model)
    states = [
        State(f"{layer.name}_state_{k + 1}", value.dtype.name, value)
        for layer in step.layers
        for k, value in enumerate(_initial_states(layer, model))
    ]
    places = None if chain.scan is None else _places(chain.scan, tuple(model.inputs[0].shape[1:]))
    dtype = keras.backend.standardize_dtype(model.inputs[0].dtype)
    return Description(chain.steps, chain.features, dtype, places, tuple(states))


def _initial_states(layer: Any, model: keras.Model) -> list[np.ndarray]:
    """What the states of a step model's layer begin with, each `(size,)`."""
    if isinstance(layer, OneStep):
        return layer.initial_states()
    if not isinstance(layer, AnswerSoFar):
        return []
    answer = answer_to_nothing(model)
    return [answer, np.zeros(1, answer.dtype)][: len(layer.state_sizes(len(answer)))]


def answer_to_nothing(model: keras.Model) -> np.ndarray:
    """What a model of raw series says of one of which nothing was observed, `(classes,)`."""
    _, steps, features = model.input_shape
    nothing = np.full((1, steps or 1, features), np.nan, "float32")
    return keras.ops.convert_to_numpy(model(nothing))[0]


def stepwise(model: keras.Model) -> Stepwise:
    """The step model of a causal model, ready to run.

    Raises:
        SeqvisionError: as `step_model`.
    """
    step = step_model(model)
    return Stepwise(step.predict_on_batch, description(model, step))


def _places(scan: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Where in a flat image each value of each step lies, `(steps, features)`."""
    image = np.arange(np.prod(shape), dtype="float64").reshape(1, *shape)
    # Not by calling the layer: in half precision it would round the places.
    read = scan.call(keras.ops.convert_to_tensor(image))
    return keras.ops.convert_to_numpy(read)[0].astype(int)
