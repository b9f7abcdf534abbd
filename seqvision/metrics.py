"""The metrics of models by name: which way each is good, and how a person reads its values.

A name is known by how it ends: `test_accuracy`, `val_balanced_accuracy`, `inference_…_per_second`.
"""

from dataclasses import dataclass
from typing import Literal

from seqvision.formatting import number, percent


@dataclass(frozen=True)
class Metric:
    """What is known of a metric."""

    best: Literal["high", "low"] = "low"
    share: bool = False
    """Whether it is a share from 0 to 1, which people read as a percentage."""


_BY_ENDING = {
    "accuracy": Metric("high", share=True),
    "f1": Metric("high", share=True),
    "auroc": Metric("high"),
    "per_second": Metric("high"),
    "error": Metric("low", share=True),
    "loss": Metric("low"),
}
"""All others, such as parameters and seconds, are best when low."""

ValidationMetric = Literal[
    "val_loss",
    "val_accuracy",
    "val_error",
    "val_balanced_accuracy",
    "val_macro_f1",
    "val_macro_auroc",
]
"""What is measured after each epoch. `val_loss` is the log-loss, whatever the training loss is."""

ALIASES = {"log_loss": "test_loss", "val_log_loss": "val_loss"}
"""Other names of metrics: the loss of a record is the mean of −ln of the true class's probability,
without label smoothing, class weights and regularizers."""


def metric_of(name: str) -> Metric:
    """What is known of a metric by its name."""
    endings = (ending for ending in _BY_ENDING if name.endswith(ending))
    return _BY_ENDING.get(next(endings, ""), Metric())


def higher_is_better(name: str) -> bool:
    """Whether a metric is best when high: accuracies, F1 scores, areas under curves and speeds."""
    return metric_of(name).best == "high"


def is_share(name: str) -> bool:
    """Whether a metric is a share from 0 to 1, which people read as a percentage."""
    return metric_of(name).share


def metric_value(name: str, value: float) -> str:
    """The value of a metric: `98.21%` for `val_accuracy`, `0.0612` for `val_loss`."""
    return percent(value) if is_share(name) else number(value)
