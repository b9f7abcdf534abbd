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
from seqvision.layers.one_step import OneStep
from seqvision.layers.pooling import Pooling


def step_model(model: keras.Model) -> keras.Model:
    """Return the model of one time step of a causal model.

    It takes a dict: `row`, the raw values of the step, `(batch, features)`, and each state by its
    name, `(batch, size)`. It returns one: `logits`, what the model says having read up to this
    row, and each new state by its name with `_next`. `description` says which values a row has in
    which order, and what the states begin with; `stepwise` runs over a sequence.

    The weights are copies of the model's.

    Args:
        model: of layers one after another: at most one scan, recurrent layers with any cell whose
            states are `(batch, size)`, what treats each step alone, a pooling of
            `seqvision.layers`, and what comes after it. The family `stacked` makes such models.

    Raises:
        SeqvisionError: the model looks ahead, or is not made so; it says by which layer.
    """
    chain = chain_of(model)
    row = keras.Input((chain.features,), dtype=model.inputs[0].dtype, name="row")
    inputs, outputs, here, copies = {"row": row}, {}, row, []
    for layer in chain.layers:
        copy = layer.__class__.from_config(layer.get_config())
        if isinstance(copy, (keras.layers.RNN, Pooling)):
            step = OneStep(copy)
            sizes = step.state_sizes(here.shape[-1])
            names = [f"{layer.name}_state_{k + 1}" for k in range(len(sizes))]
            states = [
                keras.Input((size,), dtype=step.state_dtype, name=name)
                for name, size in zip(names, sizes, strict=True)
            ]
            here, *new = step([here, *states])
            inputs.update(zip(names, states, strict=True))
            outputs.update((f"{name}_next", state) for name, state in zip(names, new, strict=True))
        else:
            here = copy(here)
        copies.append((layer, copy))
    for layer, copy in copies:
        copy.set_weights(layer.get_weights())
    if len(here.shape) != 2:
        raise SeqvisionError(f"streaming: the model returns {here.shape[1:]}, not logits")
    return keras.Model(inputs, {"logits": here, **outputs}, name=f"{model.name}_step")


def description(model: keras.Model, step: keras.Model) -> Description:
    """What one needs to know to run a step model, wherever it is.

    Args:
        model: the model whose step model `step` is.
    """
    chain = chain_of(model)
    states = [
        State(name, value.dtype.name, value)
        for layer in step.layers
        if isinstance(layer, OneStep)
        for name, value in zip(_names(layer), layer.initial_states(), strict=True)
    ]
    places = None if chain.scan is None else _places(chain.scan, tuple(model.inputs[0].shape[1:]))
    dtype = keras.backend.standardize_dtype(model.inputs[0].dtype)
    return Description(chain.steps, chain.features, dtype, places, tuple(states))


def stepwise(model: keras.Model) -> Stepwise:
    """The step model of a causal model, ready to run.

    Raises:
        SeqvisionError: as `step_model`.
    """
    step = step_model(model)
    return Stepwise(step.predict_on_batch, description(model, step))


def _names(layer: OneStep) -> list[str]:
    return [f"{layer.name}_state_{k + 1}" for k in range(len(layer.initial_states()))]


def _places(scan: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Where in a flat image each value of each step lies, `(steps, features)`."""
    image = np.arange(np.prod(shape), dtype="float64").reshape(1, *shape)
    # Not by calling the layer: in half precision it would round the places.
    read = scan.call(keras.ops.convert_to_tensor(image))
    return keras.ops.convert_to_numpy(read)[0].astype(int)
