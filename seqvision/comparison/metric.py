"""Which way a metric is good."""


def higher_is_better(metric: str) -> bool:
    """Whether a metric is best when high: accuracies, F1 scores and speeds are."""
    return metric.endswith(("accuracy", "f1", "per_second"))
