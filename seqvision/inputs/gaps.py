"""Where series `(batch, steps, features)` end, and what stands in their gaps."""

from typing import Any

from keras import ops


def without_nan(inputs: Any, observed: Any) -> Any:
    """Zeros in place of what was not observed.

    They are picked, and not chosen by `where`: tf2onnx makes of it a product with 0 and a sum, and
    NaN times 0 is NaN.
    """
    either = ops.stack([ops.zeros_like(inputs), inputs], axis=-1)
    which = ops.cast(observed, "int32")[..., None]
    return ops.squeeze(ops.take_along_axis(either, which, axis=-1), axis=-1)


def until_last(observed: Any) -> Any:
    """True `(batch, steps)` up to the last step at which anything was observed."""
    # Not by a maximum: in a model's graph it would bear the name of the pooling, `max`.
    seen = ops.cast(ops.any(observed, axis=-1), "int32")
    return ops.flip(ops.cumsum(ops.flip(seen, axis=1), axis=1), axis=1) > 0


def places(of: Any) -> Any:
    """The number of each step of `(batch, steps, ...)`, from 0, int32.

    Not by `arange`: when a model is put together, its number of steps may not be known.
    """
    return ops.cumsum(ops.ones_like(of, dtype="int32"), axis=1) - 1


def filled(values: Any, observed: Any, linear: bool) -> Any:
    """Fill what was not observed in `(batch, steps, features)` from what was.

    Places are found by sorting: the n-th smallest place observed is where the n-th value was.
    Unlike a running maximum this has no loop, whatever the number of steps.
    """
    steps = ops.shape(values)[1]
    place = places(observed)
    count = ops.cumsum(ops.cast(observed, "int32"), axis=1)
    total = count[:, -1:]
    # One more than there are steps, so that `count` itself is a place of the list.
    ordered = ops.sort(ops.where(observed, place, steps), axis=1)

    def of(rank: Any) -> tuple[Any, Any]:
        """Place and value of what was observed as the rank-th, from 0; of any if none was."""
        at = ops.take_along_axis(ordered, ops.maximum(rank, 0), axis=1)
        at = ops.minimum(at, steps - 1)
        return at, ops.take_along_axis(values, at, axis=1)

    before_at, before = of(count - 1)
    if not linear:
        return ops.where(count > 0, before, 0.0)
    after_at, after = of(ops.minimum(count - ops.cast(observed, "int32"), total - 1))
    before = ops.where(count > 0, before, after)
    span = ops.cast(ops.maximum(after_at - before_at, 1), "float32")
    share = ops.clip(ops.cast(place - before_at, "float32") / span, 0.0, 1.0)
    return ops.where(total > 0, before + (after - before) * share, 0.0)
