"""The picture of a model card: an image of each class, with what the model says of it."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_MOST = 10
_SIDE = 84  # pixels of an image's longer side
_GAP = 8
_WORDS = 22  # pixels of height
_RIGHT, _WRONG, _PAPER = "#1a7f37", "#c62828", "#ffffff"


def picture(
    images: np.ndarray, labels: np.ndarray, answers: np.ndarray, class_names: Sequence[str]
) -> bytes:
    """A PNG: the first image of each class, at most ten, and below it the answer in green if right.

    Args:
        images: `(n, height, width[, channels])`, 0..255.
        labels, answers: the right and the predicted class of each, `(n,)`.
    """
    classes = np.unique(labels)[:_MOST]
    first = [int((labels == each).argmax()) for each in classes]
    height, width = images.shape[1:3]
    scale = _SIDE / max(height, width)
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    sheet = Image.new("RGB", (len(first) * (wide + _GAP) + _GAP, high + _WORDS + 2 * _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for place, index in enumerate(first):
        left = _GAP + place * (wide + _GAP)
        shown = _image(images[index]).resize((wide, high), Image.Resampling.NEAREST)
        sheet.paste(shown, (left, _GAP))
        said = _shortened(str(class_names[answers[index]]), draw, font, wide)
        color = _RIGHT if answers[index] == labels[index] else _WRONG
        middle = (left + wide / 2, high + _GAP + _WORDS / 2 + 2)
        draw.text(middle, said, fill=color, font=font, anchor="mm")
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _image(pixels: np.ndarray) -> Image.Image:
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if pixels.shape[2] != 3:
        pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _shortened(text: str, draw: ImageDraw.ImageDraw, font: object, width: int) -> str:
    """Text that is no wider than an image."""
    if draw.textlength(text, font=font) <= width:  # type: ignore[arg-type]
        return text
    while text and draw.textlength(f"{text}…", font=font) > width:  # type: ignore[arg-type]
        text = text[:-1]
    return f"{text}…"
