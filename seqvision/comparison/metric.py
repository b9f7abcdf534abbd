"""What a metric's name tells of it."""


def higher_is_better(metric: str) -> bool:
    """Whether its best value is the highest: of accuracies, F1 scores and speeds."""
    return metric.endswith(("accuracy", "f1", "per_second"))
