"""The page on which a person draws, or gives a series, and watches what a model believes."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from seqvision.serving.work import Model

_KINDS = {
    "page.css": "text/css",
    **dict.fromkeys(("page.js", "drawing.js", "series.js"), "text/javascript"),
}


@cache
def page_file(name: str) -> tuple[str, str] | None:
    """The content and type of a file that the page loads; None if it loads no such file."""
    return (_own(name), _KINDS[name]) if name in _KINDS else None


def page(model: Model) -> str:
    """The page for a model, as HTML; what it knows of the model is written into it as JSON."""
    return _for_series(model) if model.facts.kind == "series" else _for_drawings(model)


def _for_drawings(model: Model) -> str:
    names = model.class_names
    order = model.order()
    reads = _reads(order)
    facts: dict[str, Any] = {
        "shape": list(model.facts.image_shape),
        "classes": list(names),
        "order": None if order is None else order.tolist(),
        "reads": reads,
        # MNIST's digits were centred, so a drawing is too; other pictures were not.
        "centred": names == tuple("0123456789"),
    }
    return _filled("page.html.j2", model, facts, reads=reads)


def _for_series(model: Model) -> str:
    most, features = model.facts.input_shape
    assert features is not None  # `series_preparation` sees to it.
    reads_on = model.every_step is not None
    shown = min(features, 3)
    example = [", ".join(f"{(step + k) / 10:g}" for k in range(shown)) for step in (1, 2, 4)]
    return _filled(
        "series.html.j2",
        model,
        {"classes": list(model.class_names), "steps": reads_on},
        features=features,
        names=model.feature_names,
        most=most,
        reads_on=reads_on,
        example="\n".join(line + ", …" * (features > shown) for line in [*example, "…"]),
    )


def _filled(name: str, model: Model, facts: dict[str, Any], **more: Any) -> str:
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(_own(name))
    return template.render(model=model.name, classes=model.class_names, facts=facts, **more)


def _reads(order: np.ndarray | None) -> tuple[str, str, int] | None:
    """In words how a model reads: from where, what a step is, and how many they are."""
    if order is None:
        return None
    steps, down, right = int(order.max()) + 1, np.diff(order, axis=0), np.diff(order, axis=1)
    for name, along, other, ends in (
        ("row", down, right, ("from the top", "from the bottom")),
        ("column", right, down, ("from the left", "from the right")),
    ):
        if not other.any() and (abs(along) == 1).all():
            return ends[int((along < 0).all())], name, steps
    return "", "pixel" if steps == order.size else "step", steps


def _own(name: str) -> str:
    return files("seqvision.serving").joinpath("page_files", name).read_text(encoding="utf-8")
