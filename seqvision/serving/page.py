"""The page on which a person draws and watches what a model believes."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from seqvision.serving.work import Model

_KINDS = {"page.css": "text/css", "page.js": "text/javascript", "drawing.js": "text/javascript"}


@cache
def page_file(name: str) -> tuple[str, str] | None:
    """The content and type of a file that the page loads; None if it loads no such file."""
    return (_own(name), _KINDS[name]) if name in _KINDS else None


def page(model: Model) -> str:
    """The page for a model, as HTML; what it knows of the model is written into it as JSON."""
    from jinja2 import Environment

    shape = model.facts.image_shape
    names = model.class_names
    order = model.order()
    facts: dict[str, Any] = {
        "shape": list(shape),
        "classes": list(names),
        "order": None if order is None else order.tolist(),
        "reads": _reads(order),
        # MNIST's digits were centred, so a drawing is too; other pictures were not.
        "centred": names == tuple("0123456789"),
    }
    template = Environment(autoescape=True).from_string(_own("page.html.j2"))
    return template.render(model=model.name, classes=names, facts=facts, reads=_reads(order))


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
