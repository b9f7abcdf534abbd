"""Reads a picture as a viewer shows it: upright, on a background, from black to white."""

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np

from seqvision.data.pixels import Range, check_within
from seqvision.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
"""Formats that hold only pixels. EPS, for one, holds a program."""
_ENDINGS = {
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
    *(".webp", ".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".avif", ".heic", ".heif"),
}
_BEGINNINGS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"\0\0\0\x0cjP  "),
    *(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
)
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes


def is_picture(file: Path) -> bool:
    """Whether a file is a picture by its first bytes, or is said to be one by its ending."""
    if file.suffix.lower() in _ENDINGS:
        return True
    try:
        with file.open("rb") as opened:
            head = opened.read(18)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None
    return (
        head.startswith(_BEGINNINGS)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _BRANDS)
        or (head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS)
        or re.match(rb"P[1-6]\s+[\d#]", head) is not None
    )


def read_picture(
    file: Path | IO[bytes],
    size: Sequence[int],
    color: Literal["grayscale", "rgb"],
    background: Literal["white", "black"] = "white",
    pixels: Range | None = None,
    name: str | None = None,
) -> tuple[np.ndarray, set[str]]:
    """Return a picture's pixels, uint8 `(height, width[, 3])`, and remarks on it.

    The remarks are any of: `transparent`, `invisible` (transparent, in the background's colour),
    `turned` upright, `frames` (the first of several was read), `white is 65535` in pictures of more
    than 8 bits, `bright` (some pixel is above 1 of 255).

    Args:
        size: height and width.
        background: the colour behind the transparent parts.
        pixels: the file's values of black and white; the least and the greatest that its bits can
            hold if not given.
        name: what errors call it; its path if not given.

    Raises:
        DataError: it cannot be read, or black and white would be a guess.
    """
    from PIL import Image

    done: set[str] = set()
    height, width = size
    name = name or str(file)
    try:
        with warnings.catch_warnings():
            # A small file that unpacks to a huge picture is an attack, not a picture.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=_formats()) as opened:
                # MPO is how a camera keeps a JPEG together with its preview.
                if getattr(opened, "is_animated", False) and opened.format != "MPO":
                    done.add("frames")
                white = _white(opened)
                opened.load()
                picture = _upright(opened, done)
                ground = 255 if background == "white" else 0
                if picture.mode[0] in "IF":
                    shown = _deep(picture, ground, pixels, white, name, done)
                else:
                    shown = _shallow(picture, ground, pixels, white, name, done)
                if _extrema(shown).max() > 1:
                    done.add("bright")
                if color == "grayscale" and shown.mode == "RGB":
                    shown = shown.convert("L")
        resized = np.asarray(shown.resize((width, height), Image.Resampling.BILINEAR))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise DataError(
            f"{name}: cannot be read as a picture: {error}; convert it to PNG, or take it away"
        ) from None
    except Image.DecompressionBombError as error:
        raise DataError(f"{name}: too large a picture: {error}") from None
    if resized.dtype != np.uint8:
        resized = np.clip(np.rint(resized), 0, 255).astype(np.uint8)
    if color == "rgb" and resized.ndim == 2:
        resized = np.stack([resized] * 3, axis=2)
    return resized, done


def read_block(files: Sequence[Path], **options: Any) -> tuple[np.ndarray, dict[str, Any]]:
    """Pictures `(n, height, width[, 3])`, and to how many each remark applies, `remarks`.

    Args:
        options: of `read_picture`.

    Raises:
        DataError: as `read_picture`.
    """
    images, remarks = [], Counter[str]()
    for file in files:
        image, done = read_picture(file, **options)
        images.append(image)
        remarks.update(done)
    return np.stack(images), {"remarks": dict(remarks)}


def picture_size(file: Path | IO[bytes], name: str) -> tuple[int, int]:
    """The width and height that a picture's file gives it; its pixels are not unpacked.

    Args:
        name: what errors call it.

    Raises:
        DataError: it is no picture.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=_formats()) as opened:
                return opened.size
    except Image.DecompressionBombError as error:
        raise DataError(f"{name}: too large a picture: {error}") from None
    except (OSError, ValueError, SyntaxError):
        raise DataError(f"{name}: is no picture that can be read, such as a PNG or JPEG") from None


@cache
def _formats() -> list[str]:
    from PIL import Image

    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _white(opened: "Picture") -> int | None:
    """The value of white in an opened file, not loaded yet; None if it could be any."""
    if opened.mode == "F":
        return None
    bits = getattr(opened, "tag_v2", {}).get(258, (0,))[0]  # TIFF's BitsPerSample
    if opened.mode[0] == "I":
        if opened.mode == "I" and opened.format == "TIFF":
            return None  # 32 bits, or signed.
        return 2 ** (bits or 16) - 1
    return 65535 if any(";16" in str(tile[3]) for tile in getattr(opened, "tile", ())) else 255


def _upright(picture: "Picture", done: set[str]) -> "Picture":
    from PIL import ExifTags, ImageOps

    try:
        if picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
            turned = ImageOps.exif_transpose(picture)
            done.add("turned")
            return turned
    except Exception:
        pass  # Damaged EXIF fails in many ways; a viewer then shows the picture as it is stored.
    return picture


def _deep(
    picture: "Picture",
    ground: int,
    pixels: Range | None,
    white: int | None,
    name: str,
    done: set[str],
) -> "Picture":
    """A picture of one channel of more than 8 bits, as floats `(height, width)` in 0..255."""
    from PIL import Image

    values = np.asarray(picture).astype(np.float32)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise DataError(f"{name}: holds NaN or infinite pixels")
    if pixels is None and white is None:
        raise DataError(
            f"{name}: its pixels are {'floats' if picture.mode == 'F' else 'of 32 bits'}, here "
            f"from {low:g} to {high:g}; say which are black and white, such as "
            f"`pixels: {min(low, 0):.6g}..{high:.6g}`"
        )
    if pixels is None and white != 255:
        done.add(f"white is {white}")
    black, top = pixels or (0.0, float(white or 0))
    check_within((black, top), low, high, name)
    shades = np.clip((values - black) * (255 / (top - black)), 0, 255)
    if isinstance(clear := picture.info.get("transparency"), int):
        done.add("transparent")
        shades[values == clear] = ground
    return Image.fromarray(shades.astype(np.float32))


def _shallow(
    picture: "Picture",
    ground: int,
    pixels: Range | None,
    white: int | None,
    name: str,
    done: set[str],
) -> "Picture":
    """A picture of at most 8 bits a channel, in Pillow's mode L or RGB."""
    from PIL import Image

    clear = picture.info.get("transparency")
    if white == 65535 and isinstance(clear, tuple):  # Pillow keeps the upper 8 of 16 bits.
        picture.info["transparency"] = tuple(value >> 8 for value in clear)
    held = picture.convert("RGBA") if picture.has_transparency_data else picture
    shown = held.convert("L" if held.mode in ("1", "L") else "RGB")
    opaque = held.getchannel("A") if held.mode == "RGBA" else None
    if pixels and picture.mode != "1":
        shown = _stretched(shown, pixels, white, name)
    if opaque is None or opaque.getextrema() == (255, 255):
        return shown
    done.add("transparent")
    grounds = Image.new(shown.mode, shown.size, (ground,) * len(shown.getbands()))
    laid = Image.composite(shown, grounds, opaque)
    if all(low == high == ground for low, high in _extrema(laid)):
        done.add("invisible")
    return laid


def _stretched(picture: "Picture", pixels: Range, white: int | None, name: str) -> "Picture":
    black, top = pixels
    if white == 65535:
        raise DataError(
            f"{name}: has 16 bits a channel in colour, of which 8 are read; leave `pixels` out"
        )
    extrema = _extrema(picture)
    check_within(pixels, float(extrema.min()), float(extrema.max()), name)
    shades = np.clip(np.rint((np.arange(256) - black) * (255 / (top - black))), 0, 255)
    return picture.point(shades.astype(int).tolist() * len(picture.getbands()))


def _extrema(picture: "Picture") -> np.ndarray:
    """The least and the greatest value of each channel, `(channels, 2)`."""
    return np.atleast_2d(picture.getextrema())
