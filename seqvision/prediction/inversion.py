"""Inverts images whose background is unlike that of a model's data, or says that there are some."""

from typing import Literal

import numpy as np

from seqvision.data.background import light_border
from seqvision.data.notes import Notes
from seqvision.errors import SeqvisionError


class Inversion:
    """Inverts images as asked, and counts.

    Args:
        asked: all if True; `auto`: those whose border is unlike the background.
        background: that of the model's data; None if it has none, or it is not known.
        name: what errors call the model.

    Raises:
        SeqvisionError: `auto`, and the background is not known.
    """

    def __init__(
        self,
        asked: bool | Literal["auto"],
        background: Literal["dark", "light"] | None,
        name: str,
    ):
        if asked == "auto" and background is None:
            raise SeqvisionError(
                f"{name}: it is not known whether it was trained on light or dark backgrounds, so "
                "what is to be inverted can't be told; invert all pictures, or none"
            )
        self.asked, self.background = asked, background
        self.seen = self.inverted = self.unlike = 0

    def of(self, images: np.ndarray) -> np.ndarray:
        """Images `(n, height, width[, channels])` in 0..255, some of them inverted."""
        self.seen += len(images)
        if self.asked is True:
            images = 255 - images
        if self.background is None:
            return images
        unlike = light_border(images) == (self.background == "dark")
        if self.asked == "auto":
            self.inverted += int(unlike.sum())
            images[unlike] = 255 - images[unlike]
        else:
            self.unlike += int(unlike.sum())
        return images

    def say(self, notes: Notes) -> None:
        """Note how many were inverted, or should have been."""
        if self.asked == "auto":
            notes.info(f"{self.inverted:,} of {self.seen:,} images were inverted")
        if self.unlike:
            own, seen = ("dark", "light") if self.background == "dark" else ("light", "dark")
            advice = (
                "do not invert them"
                if self.asked is True
                else ("--invert inverts all, --auto-invert such ones")
            )
            what = " AS INK ON PAPER HAS" if seen == "light" else ""
            notes.warning(
                f"{self.unlike:,} OF {self.seen:,} IMAGES HAVE A {seen.upper()} "
                f"BACKGROUND{what}; the model was trained on {own} ones, so its answers are "
                f"likely wrong: {advice}"
            )
