"""The feature of an input that holds a time, which some cells take apart from the others."""

from typing import Any

from keras import ops

from seqvision.errors import SeqvisionError


def features_besides_time(cell: str, time_feature: int | None, features: int) -> int:
    """Return how many of the features of an input are no time.

    Raises:
        SeqvisionError: the input has no such feature, or no other.
    """
    if time_feature is None:
        return features
    if not -features <= time_feature < features or features == 1:
        raise SeqvisionError(
            f"{cell}: time_feature {time_feature} and at least one other: "
            f"the input has {features} features"
        )
    return features - 1


def without_time(sequence: Any, time_feature: int) -> tuple[Any, Any]:
    """Take the time, `(…, 1)`, out of a sequence `(…, features)`; return what is left, and it."""
    at = time_feature % sequence.shape[-1]
    left = ops.concatenate([sequence[..., :at], sequence[..., at + 1 :]], axis=-1)
    return left, sequence[..., at : at + 1]
