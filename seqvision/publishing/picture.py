"""The picture of a model card: a sample of each class, with what the model says of it."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seqvision.data.polylines import polylines, usual_range
from seqvision.data.series import Series

_MOST = 10
_SIDE = 84  # pixels of an image's longer side
_WIDE, _HIGH = 120, 60  # pixels of a series
_FINE = 4  # Lines are drawn so many times larger, as Pillow does not smooth them.
_GAP = 8
_WORDS = 22  # pixels of height
_RIGHT, _WRONG, _PAPER = "#1a7f37", "#c62828", "#ffffff"
_COLORS = ("#415be9", "#e37407", "#169ce9", "#c71298", "#846a62", "#c67f53")
"""Of the features of a series, as charts have them."""


def picture(
    samples: np.ndarray | Series,
    labels: np.ndarray,
    answers: np.ndarray,
    class_names: Sequence[str],
) -> bytes:
    """A PNG: the first sample of each class, at most ten, and below it the answer.

    The answer is green if right.

    Args:
        samples: images `(n, height, width[, channels])`, 0..255, or series.
        labels, answers: the right and the predicted class of each, `(n,)`.
    """
    classes = np.unique(labels)[:_MOST]
    first = [int((labels == each).argmax()) for each in classes]
    drawn = _lines(samples, first) if isinstance(samples, Series) else _images(samples[first])
    wide, high = drawn[0].size
    sheet = Image.new("RGB", (len(first) * (wide + _GAP) + _GAP, high + _WORDS + 2 * _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for place, (index, sample) in enumerate(zip(first, drawn, strict=True)):
        left = _GAP + place * (wide + _GAP)
        sheet.paste(sample, (left, _GAP))
        said = _shortened(str(class_names[answers[index]]), draw, font, wide)
        color = _RIGHT if answers[index] == labels[index] else _WRONG
        middle = (left + wide / 2, high + _GAP + _WORDS / 2 + 2)
        draw.text(middle, said, fill=color, font=font, anchor="mm")
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines(series: Series, places: Sequence[int]) -> list[Image.Image]:
    """Series as lines, a colour a feature, all to one scale."""
    low, high = usual_range(series)
    size = _WIDE * _FINE, _HIGH * _FINE
    drawn = []
    for place in places:
        sheet = Image.new("RGB", size, _PAPER)
        draw = ImageDraw.Draw(sheet)
        for feature, points in polylines(series[place], low, high, size, 2 * _FINE):
            color = _COLORS[feature % len(_COLORS)]
            draw.line([*map(tuple, points.tolist())], color, 2 * _FINE, joint="curve")
            if (points == points[0]).all():  # Pillow draws nothing of a line without a length.
                draw.circle(tuple(points[0].tolist()), _FINE, color)
        drawn.append(sheet.resize((_WIDE, _HIGH), Image.Resampling.LANCZOS))
    return drawn


def _images(images: np.ndarray) -> list[Image.Image]:
    """Images, their longer side of one length."""
    height, width = images.shape[1:3]
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return [_image(pixels).resize(size, Image.Resampling.NEAREST) for pixels in images]


def _image(pixels: np.ndarray) -> Image.Image:
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if pixels.shape[2] != 3:
        pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _shortened(text: str, draw: ImageDraw.ImageDraw, font: object, width: int) -> str:
    """Text that is no wider than a sample."""
    if draw.textlength(text, font=font) <= width:  # type: ignore[arg-type]
        return text
    while text and draw.textlength(f"{text}…", font=font) > width:  # type: ignore[arg-type]
        text = text[:-1]
    return f"{text}…"
