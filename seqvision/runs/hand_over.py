"""Hands a batch over to a model without waiting for its answer."""

from itertools import chain
from typing import Any

import keras


def hand_over(model: keras.Model, batch: Any) -> Any:
    """What a model says of a batch: a tensor that the device may not have computed yet.

    Args:
        model: built, of one output.
    """
    model.make_predict_function()
    if keras.backend.backend() != "jax":
        return model.predict_function([(batch,)])
    # As `predict_on_batch` of Keras 3.15, which then waits: the step takes the variables over and
    # gives them back.
    kinds = model.trainable_variables, model.non_trainable_variables
    state = tuple([variable.value for variable in kind] for kind in kinds)
    answers, state = model.predict_function(state, iter([(batch,)]))
    for variable, value in zip(chain(*kinds), chain(*state), strict=True):
        variable.assign(value)
    return answers
