"""Keras's optimizers and their arguments, listed so that a config is checked without Keras.

Keras itself takes a text that is not empty for true, and fails in the midst of training at others.

tests/config/test_keras_names.py fails when Keras's differ.
"""

import reprlib
from typing import Any

from seqvision.errors import did_you_mean
from seqvision.specs import OptionError

# fmt: off
_OF_ALL = (
    "learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema",
    "ema_momentum", "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps",
)
_MOMENTS = ("beta_1", "beta_2", "epsilon")
_OF_EACH = {
    "adadelta": ("rho", "epsilon"),
    "adafactor": ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step"),
    "adagrad": ("initial_accumulator_value", "epsilon"),
    "adam": (*_MOMENTS, "amsgrad"),
    "adamax": _MOMENTS,
    "adamw": (*_MOMENTS, "amsgrad"),
    "ftrl": (
        "learning_rate_power", "initial_accumulator_value", "l1_regularization_strength",
        "l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta",
    ),
    "lion": ("beta_1", "beta_2"),
    "muon": (
        "adam_beta_1", "adam_beta_2", "adam_weight_decay", "adam_lr_ratio", "epsilon",
        "exclude_layers", "exclude_embeddings", "muon_a", "muon_b", "muon_c", "momentum",
        "ns_steps", "nesterov", "rms_rate",
    ),
    "nadam": _MOMENTS,
    "rmsprop": ("rho", "momentum", "epsilon", "centered"),
    "schedulefreeadamw": (*_MOMENTS, "warmup_steps"),
    "sgd": ("momentum", "nesterov"),
}
_FLAGS = (
    "use_ema", "amsgrad", "nesterov", "centered", "relative_step", "exclude_embeddings",
)
_SHARES = (
    "ema_momentum", "momentum", "rho", "beta_1", "beta_2", "adam_beta_1", "adam_beta_2",
)
_SIGNED = ("beta_2_decay", "learning_rate_power", "muon_a", "muon_b", "muon_c")
_COUNTS = {  # With the least.
    "ema_overwrite_frequency": 1, "gradient_accumulation_steps": 2, "ns_steps": 1,
    "warmup_steps": 0,
}
_OR_NONE = (
    "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "ema_overwrite_frequency",
    "loss_scale_factor", "gradient_accumulation_steps", "exclude_layers",
)
# fmt: on
_LARGEST = 3.4e38
"""Of what float32 can hold."""
_MOST = 1_000_000
"""Of steps."""

OPTIMIZERS = {name: (*_OF_ALL, *own) for name, own in _OF_EACH.items()}
"""The arguments of each optimizer, by its name as `keras.optimizers.get` takes it."""


def check_optimizer(spec: Any) -> dict[str, Any]:
    """Return an optimizer's spec after a check that Keras has it and all its arguments.

    Raises:
        OptionError: with the path to what is wrong.
    """
    spec = {"name": spec} if isinstance(spec, str) else spec
    if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
        raise OptionError((), "expected the name of an optimizer, or a mapping with `name:`")
    name = spec["name"].lower()
    if name not in OPTIMIZERS:
        raise OptionError(
            ("name",),
            f"unknown optimizer {spec['name']!r}{did_you_mean(name, OPTIMIZERS)} "
            f"(known: {', '.join(OPTIMIZERS)})",
        )
    for key, value in spec.items():
        if key == "name":
            continue
        if key not in OPTIMIZERS[name]:
            raise OptionError(
                (key,), f"{name!r} has no argument {key!r}{did_you_mean(key, OPTIMIZERS[name])}"
            )
        if not (value is None and key in _OR_NONE):
            expected, right = _kind(key, value)
            if not right:
                raise OptionError((key,), f"expected {expected}, got {reprlib.repr(value)}")
    return {**spec, "name": name}


def _kind(key: str, value: Any) -> tuple[str, bool]:
    """What an argument takes, in words, and whether the value is such."""
    if key in _FLAGS:
        return "true or false", isinstance(value, bool)
    if key == "exclude_layers":
        texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return "a list of patterns", texts
    if key in _COUNTS:
        least = _COUNTS[key]
        right = type(value) is int and least <= value <= _MOST
        return f"a whole number from {least} to {_MOST:,}", right
    if type(value) not in (int, float) or not abs(value) <= _LARGEST:
        return "a number", False
    if key == "learning_rate":
        return "a number above 0", value > 0
    if key in _SIGNED:
        return "a number", True
    if key in _SHARES:
        return "a number from 0 to 1", 0 <= value <= 1
    return "a number from 0 on", value >= 0
