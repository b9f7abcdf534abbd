"""Lets a recurrent layer choose whether to unroll its time steps."""

import inspect
from typing import Any, TypeVar

Layer = TypeVar("Layer", bound=type)


def unroll_may_be_left_open(layer: Layer) -> Layer:
    """Make `unroll=None` the default of a recurrent layer of Keras's.

    Keras's default, False, does not tell whether a loop was asked for. Here None lets the layer
    choose, True unrolls all time steps in the graph, and False runs them in a loop.
    """
    kerass: Any = layer.__init__
    signature = inspect.signature(kerass)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        kerass(self, *args, **kwargs)
        self.unroll = signature.bind(self, *args, **kwargs).arguments.get("unroll")

    open_now = signature.parameters["unroll"].replace(default=None, annotation=bool | None)
    parameters = {**signature.parameters, "unroll": open_now}
    __init__.__signature__ = signature.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
    layer.__init__ = __init__  # type: ignore[misc]
    return layer
