"""Which pixel values are black and white: inferred from the values, whatever their type.

Images, `(n, height, width[, channels])` throughout, are kept as 0..255. Their scale before is
inferred from training, validation and test images together, so that all get the same.
"""

import numpy as np

from seqvision.data.notes import Notes
from seqvision.errors import DataError
from seqvision.options import pixel_range

Range = tuple[float, float]
"""Black and white."""

_KEPT = (0.0, 255.0)
_LEVELS = 16
"""Whole numbers from 0 up to this are grey levels, as in scikit-learn's digits, not parts of 255:
they would all be nearly black."""
_DARK = 64
"""Out of 255: an image without a brighter pixel is nearly black."""
_DEEP = (1023, 4095, 16383)
"""White in 10, 12 and 14 bits."""
_NEARLY = 1 / 16
"""How far off whole numbers are after a division by 255 in half precision and back."""


def scaled(
    images: dict[str, np.ndarray], pixels: str, source: str, notes: Notes
) -> tuple[dict[str, np.ndarray], str]:
    """Images of all parts as 0..255, and the values of black and white before: `0..1`.

    The images are uint8 if all their values are whole numbers in 0..255, else float32.

    Args:
        images: of each part, any numbers.
        pixels: black and white, `0..1`, or `auto`.

    Raises:
        DataError: they are not numbers, or black and white would be a guess.
    """
    extents = {part: _extent(array, source, part) for part, array in images.items()}
    low = min(extent[0] for extent in extents.values())
    high = max(extent[1] for extent in extents.values())
    try:
        given = pixel_range(pixels)
    except ValueError as error:
        raise DataError(f"{source}: pixels: {error}") from None
    if given:
        check_within(given, low, high, source)
    black, white = given or _found(images, extents, low, high, source, notes)
    return _as_bytes({p: _mapped(a, black, white) for p, a in images.items()}), text(black, white)


def text(black: float, white: float) -> str:
    """A range as the option `pixels` writes it."""
    return f"{black:.10g}..{white:.10g}"


def check_within(given: Range, low: float, high: float, source: str) -> None:
    """Refuse pixels outside the given range, but for rounding errors."""
    black, white = given
    slack = (white - black) * 1e-4
    if low < black - slack or high > white + slack:
        raise DataError(
            f"{source}: pixels go from {low} to {high}, beyond `pixels: {text(black, white)}`"
        )


def say_if_dark(high: float, notes: Notes) -> None:
    """Warn if the brightest pixel, of 0..255, is nearly black."""
    if high < _DARK:
        notes.warning(
            f"the brightest pixel of all is {high:g} of 255, nearly black "
            "(`pixels` says which values are black and white)"
        )


def _extent(images: np.ndarray, source: str, part: str) -> Range:
    if images.dtype.kind not in "buif":
        raise DataError(f"{source}: {part} images must be numbers, got {images.dtype}")
    low, high = float(images.min()), float(images.max())
    if not np.isfinite([low, high]).all():
        raise DataError(f"{source}: {part} images hold NaN or infinite pixels")
    return _without_rounding(low), _without_rounding(high)


def _without_rounding(value: float) -> float:
    return float(round(value)) if abs(value - round(value)) < 1e-4 else value


def _found(
    images: dict[str, np.ndarray],
    extents: dict[str, Range],
    low: float,
    high: float,
    source: str,
    notes: Notes,
) -> Range:
    """Infer black and white from the values of all parts, and note them."""
    levels = low >= 0 and 1 < high <= _LEVELS and all(map(_are_whole, images.values()))
    found = (0.0, high) if levels else _evident(low, high)
    if found is None:
        advice = f"pixels: {min(low, 0):.6g}..{high:.6g}"
        raise DataError(
            f"{source}: pixels go from {low} to {high}; which values are black and white? "
            f"Say it in the dataset's options, such as `{advice}`"
        )
    for part, (part_low, part_high) in extents.items():
        own = _evident(part_low, part_high)
        if own and own != found and part_high > 0 and not levels:
            raise DataError(
                f"{source}: {part} pixels go from {part_low:g} to {part_high:g}, those of all "
                f"parts from {low:g} to {high:g}; give all parts one scale, or say it: "
                f"`pixels: {text(*found)}`"
            )
    said = f"pixels go from {low:g} to {high:g}"
    if levels:
        notes.warning(f"{said}: {high:g} is taken for white (`pixels: 0..255` if it is not)")
    elif low == high:
        notes.warning(f"all pixels are {low:g}")
    elif found != _KEPT:
        notes.info(f"{said}: {text(*found)} is taken for black to white")
    else:
        say_if_dark(high, notes)
    return found


def _evident(low: float, high: float) -> Range | None:
    """The range that pixels from `low` to `high` clearly have; None where there is doubt."""
    if low < 0:
        # A span of at most 1 may be 0..1 less its mean.
        return (-1.0, 1.0) if low >= -1 and high <= 1 and high - low > 1 else None
    if high <= 1:
        return 0.0, 1.0
    if _LEVELS < high <= 255:
        return _KEPT
    if high in _DEEP:
        return 0.0, high
    return (0.0, 65535.0) if 32768 <= high <= 65535 else None


def _are_whole(images: np.ndarray, nearly: float = 0.0) -> bool:
    if images.dtype.kind != "f":
        return True
    some = (images[start : start + 1000] for start in range(0, len(images), 1000))
    return all(bool((np.abs(part - np.rint(part)) <= nearly).all()) for part in some)


def _mapped(images: np.ndarray, black: float, white: float) -> np.ndarray:
    if (black, white) == _KEPT:
        return images
    values = images.astype(np.float32)
    if black:
        values -= np.float32(black)
    values *= np.float32(255 / (white - black))
    return values


def _as_bytes(images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if all(_are_whole(array, _NEARLY) for array in images.values()):
        return {part: _rounded(array) for part, array in images.items()}
    return {p: np.clip(a, 0, 255).astype(np.float32, copy=False) for p, a in images.items()}


def _rounded(images: np.ndarray) -> np.ndarray:
    if images.dtype.kind == "f":
        images = np.clip(np.rint(images), 0, 255)
    return images.astype(np.uint8, copy=False)
