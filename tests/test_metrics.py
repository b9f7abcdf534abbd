"""Metrics by name: every column that a record has is known the right way round."""

import typing

import pytest

from seqvision.config.tune import Tune
from seqvision.metrics import ALIASES, ValidationMetric, higher_is_better, metric_value
from seqvision.runs.history import badness, value_of

HIGH = (
    "test_accuracy",
    "val_accuracy",
    "balanced_accuracy",
    "val_balanced_accuracy",
    "macro_f1",
    "val_macro_f1",
    "macro_auroc",
    "val_macro_auroc",
    "train_images_per_second",
    "inference_images_per_second",
)
LOW = (
    "test_error",
    "test_loss",
    "val_loss",
    "val_error",
    "calibration_error",
    "train_seconds",
    "parameters",
    "flops_per_image",
)


def test_each_metric_is_good_the_right_way():
    assert all(map(higher_is_better, HIGH)) and not any(map(higher_is_better, LOW))
    assert {*typing.get_args(ValidationMetric)} <= {*HIGH, *LOW}
    assert not any(map(higher_is_better, [*ALIASES, *ALIASES.values()]))


def test_values_read_as_people_write_them():
    assert metric_value("val_accuracy", 0.9821) == "98.21%"
    assert metric_value("balanced_accuracy", 0.5) == "50.00%"
    assert metric_value("val_macro_auroc", 0.98765) == "0.9877"
    assert metric_value("val_loss", 0.06123) == "0.06123"


@pytest.mark.parametrize("metric", typing.get_args(ValidationMetric))
def test_an_epoch_that_is_better_is_less_bad_by_any_metric(metric):
    names = ["val_balanced_accuracy", "val_macro_f1", "val_macro_auroc"]
    good = {"val_loss": 0.1, "val_error": 0.02, **dict.fromkeys(names, 0.9)}
    poor = {"val_loss": 0.7, "val_error": 0.3, **dict.fromkeys(names, 0.6)}
    assert badness(good, metric) < badness(poor, metric) < 1
    unknown = dict.fromkeys(good, float("nan"))
    assert badness(poor, metric) < badness(unknown, metric)
    better = max if higher_is_better(metric) else min
    values = [value_of(row, metric) for row in (good, poor)]
    assert better(values) == values[0]
    space = {"model.cell": {"choice": ["gru", "lstm"]}}
    assert Tune.model_validate({"objective": metric, "space": space}).objective == metric
