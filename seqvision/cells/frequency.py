"""The windows along frequency through which some cells look at the features of a time step."""

from collections.abc import Sequence

from seqvision.errors import SeqvisionError


def frequency_windows(
    features: int,
    blocks: int,
    feature_size: int | None = None,
    frequency_skip: int | None = None,
    span: Sequence[int] | None = None,
) -> list[tuple[int, int]]:
    """Return `blocks` windows `(first feature, one after the last)` of equal size, in order.

    Args:
        features: the number of features of a time step.
        blocks: the number of windows.
        feature_size: the size of a window. None for what covers the span with these windows.
        frequency_skip: how far each window lies from the one before. None spreads the windows
            evenly over the span, overlapping where they must.
        span: `(first, one after the last)` of the features that the windows share; None for all.

    Raises:
        SeqvisionError: no such windows lie in the span, or they would leave out some of it.
    """
    span = span or (0, features)
    if len(span) != 2 or not 0 <= span[0] < span[1] <= features:
        raise SeqvisionError(
            f"frequency_ranges: {list(span)} is no [first, one after the last] of {features} "
            "features"
        )
    first, width = span[0], span[1] - span[0]
    if frequency_skip:
        size = feature_size or width - frequency_skip * (blocks - 1)
        if size < 1 or blocks != (width - size) // frequency_skip + 1:
            fitting = max((width - (feature_size or 1)) // frequency_skip + 1, 0)
            raise SeqvisionError(
                f"num_frequency_blocks: with feature_size={feature_size} and "
                f"frequency_skip={frequency_skip}, {width} features make {fitting} blocks, "
                f"not {blocks}"
            )
        starts = [first + k * frequency_skip for k in range(blocks)]
    else:
        size = feature_size or -(-width // blocks)
        if size > width or size * blocks < width:
            raise SeqvisionError(
                f"feature_size: {blocks} windows of {size} do not fit or do not cover "
                f"{width} features; give a size from {-(-width // blocks)} to {width}"
            )
        starts = [first + k * (width - size) // max(blocks - 1, 1) for k in range(blocks)]
    return [(start, start + size) for start in starts]
