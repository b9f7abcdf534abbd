"""The optimizers that a config may name are Keras's own, with their own arguments."""

import inspect

import keras
import pytest

from seqvision.config.keras_names import OPTIMIZERS, check_optimizer
from seqvision.specs import OptionError


def test_they_are_all_that_keras_builds_from_a_name_and_numbers():
    found = {}
    for name, optimizer in inspect.getmembers(keras.optimizers, inspect.isclass):
        arguments = set(inspect.signature(optimizer).parameters) - {"name", "kwargs"}
        if "learning_rate" in arguments and _can_be_named(name.lower()):
            found[name.lower()] = arguments
    assert {name: set(arguments) for name, arguments in OPTIMIZERS.items()} == found
    assert list(OPTIMIZERS) == sorted(OPTIMIZERS)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_argument_takes_what_is_of_the_kind_of_its_default(name):
    optimizer = type(keras.optimizers.get(name))
    for key, parameter in inspect.signature(optimizer).parameters.items():
        if key not in OPTIMIZERS[name]:
            continue
        default = parameter.default
        assert check_optimizer({"name": name, key: default})[key] == default
        wrong = ["no", float("nan"), float("inf"), 10**400, {"a": 1}]
        if default is not None and key != "weight_decay":  # Which some have by default.
            wrong.append(None)
        wrong += [0, 1] if isinstance(default, bool) else [True]
        for value in wrong:
            with pytest.raises(OptionError, match=f"^{key}: expected "):
                check_optimizer({"name": name, key: value})


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("use_ema", "no", "true or false, got 'no'"),  # Which Keras would take for yes.
        ("beta_1", 7, "a number from 0 to 1, got 7"),
        ("clipnorm", -1, "a number from 0 on, got -1"),  # By which Keras would clip nothing.
        ("gradient_accumulation_steps", 2.5, "a whole number from 2 to 1,000,000, got 2.5"),
        ("ema_overwrite_frequency", 0, "a whole number from 1 to 1,000,000, got 0"),
        ("learning_rate", 0, "a number above 0, got 0"),
    ],
)
def test_a_value_that_keras_would_misread_is_told(argument, value, expected):
    with pytest.raises(OptionError) as caught:
        check_optimizer({"name": "adam", argument: value})
    assert str(caught.value) == f"{argument}: expected {expected}"


def test_layers_to_exclude_are_a_list():
    patterns = {"name": "muon", "exclude_layers": ["logits"]}
    assert check_optimizer(patterns) == patterns
    with pytest.raises(OptionError):  # Keras would take each letter for a pattern.
        check_optimizer({"name": "muon", "exclude_layers": "logits"})


def _can_be_named(name):
    try:
        return keras.optimizers.get({"class_name": name, "config": {}})
    except (TypeError, ValueError):
        return None  # Keras 3.15 has Lamb but does not know it by its name.
