"""The optimizers that a config may name are Keras's own, with their own arguments."""

import inspect

import keras

from seqvision.config.keras_names import OPTIMIZERS


def test_they_are_all_that_keras_builds_from_a_name_and_numbers():
    found = {}
    for name, optimizer in inspect.getmembers(keras.optimizers, inspect.isclass):
        arguments = set(inspect.signature(optimizer).parameters) - {"name", "kwargs"}
        if "learning_rate" in arguments and _can_be_named(name.lower()):
            found[name.lower()] = arguments
    assert {name: set(arguments) for name, arguments in OPTIMIZERS.items()} == found
    assert list(OPTIMIZERS) == sorted(OPTIMIZERS)


def _can_be_named(name):
    try:
        return keras.optimizers.get({"class_name": name, "config": {}})
    except (TypeError, ValueError):
        return None  # Keras 3.15 has Lamb but does not know it by its name.
