"""What a metric's name tells of it."""


def higher_is_better(metric: str) -> bool:
    """Whether its best value is the highest: of accuracies, F1 scores and speeds."""
    return metric.endswith(("accuracy", "f1", "per_second"))


def is_share(metric: str) -> bool:
    """Whether it is a share from 0 to 1, which people read as a percentage."""
    return metric.endswith(("accuracy", "error", "f1"))
