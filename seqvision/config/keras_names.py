"""Keras's optimizers and their arguments, listed so that a config is checked without Keras.

tests/config/test_keras_names.py fails when Keras's differ.
"""

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
# fmt: on

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
        if not isinstance(value, (int, float, str, bool, type(None))):
            raise OptionError((key,), f"expected a number, got {value!r}")
    rate = spec.get("learning_rate", 0.001)
    if isinstance(rate, (bool, str)) or rate is None or not 0 < rate < float("inf"):
        raise OptionError(("learning_rate",), f"expected a number above 0, got {rate!r}")
    return {**spec, "name": name}
