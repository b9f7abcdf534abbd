"""An answer as a row of a table and as JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Answer:
    """What a model says of one image, or of the beginning of one.

    Attributes:
        file: the file, and of several images in it the number: `images.npz[3]`.
        logits: `(classes,)`, as the model gives them; None if there is an error.
        probabilities: `(classes,)`.
        error: why there is no answer.
        label: the name of the image's own class, if it is known.
        step: after how many steps that were read; None if after all.
    """

    file: str
    logits: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    error: str | None = None
    label: str | None = None
    step: int | None = None


@dataclass(frozen=True)
class Layout:
    """What of an answer is shown.

    Attributes:
        class_names: the names of the classes.
        top: how many classes are named, the likeliest first.
        probabilities: whether that of each class is shown.
        logits: whether that of each class is shown.
        labels: whether images have labels.
        steps: whether answers are of beginnings of images.
    """

    class_names: tuple[str, ...]
    top: int = 1
    probabilities: bool = False
    logits: bool = False
    labels: bool = False
    steps: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns' names: `file`, `class`, `probability`, `class_2`, …, `p_cat`, …, `error`."""
        names = ["file", *(["step"] if self.steps else []), *(["label"] if self.labels else [])]
        for place in range(1, self.top + 1):
            names += [f"class_{place}", f"probability_{place}"] if place > 1 else _FIRST
        names += [f"p_{name}" for name in self.class_names] if self.probabilities else []
        names += [f"logit_{name}" for name in self.class_names] if self.logits else []
        return [*names, "error"]

    def best(self, answer: Answer) -> list[tuple[str, float]]:
        """The likeliest classes and their probabilities."""
        if answer.probabilities is None or answer.logits is None:
            return []
        order = np.argsort(-answer.logits, kind="stable")[: self.top]
        return [(self.class_names[i], float(answer.probabilities[i])) for i in order]

    def row(self, answer: Answer) -> list[Any]:
        """The values of the columns; None where there is none."""
        values: list[Any] = [answer.file]
        values += [answer.step] if self.steps else []
        values += [answer.label] if self.labels else []
        if answer.logits is None or answer.probabilities is None:
            return [*values, *[None] * (len(self.columns) - len(values) - 1), answer.error]
        for name, probability in self.best(answer):
            values += [name, probability]
        values += answer.probabilities.tolist() if self.probabilities else []
        values += answer.logits.tolist() if self.logits else []
        return [*values, answer.error]

    def plain(self, answer: Answer) -> dict[str, Any]:
        """As JSON holds it, without what there is not."""
        values: dict[str, Any] = {"file": answer.file}
        if answer.step is not None:
            values["step"] = answer.step
        if self.labels:
            values["label"] = answer.label
        if answer.logits is None or answer.probabilities is None:
            return {**values, "error": answer.error}
        best = self.best(answer)
        values["class"], values["probability"] = best[0][0], rounded(best[0][1])
        if self.top > 1:
            values["top"] = [{"class": n, "probability": rounded(p)} for n, p in best]
        for key, wanted in (("probabilities", self.probabilities), ("logits", self.logits)):
            if wanted:
                each = getattr(answer, key).tolist()
                values[key] = dict(zip(self.class_names, map(rounded, each), strict=True))
        return values


_FIRST = ["class", "probability"]


def rounded(value: float) -> float:
    """Seven significant digits, as many as a float32 holds."""
    return float(f"{value:.7g}")
