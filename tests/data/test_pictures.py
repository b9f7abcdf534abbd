"""Pictures are read as a viewer shows them."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqvision.data.pictures import is_picture, read_picture
from seqvision.errors import DataError

SIZE = [4, 4]
GREY = np.arange(0, 256, 16, dtype=np.uint8).reshape(4, 4)
INK = np.zeros((4, 4), np.uint8)
INK[1:3, 1:3] = 255  # Opaque: black ink on nothing.
ON_WHITE = 255 - INK


def read(path, **options):
    return read_picture(path, SIZE, options.pop("color", "grayscale"), **options)


def png(path, bits, color, rows, *chunks):
    """A PNG of 4×4 such as Pillow does not write: 16 bits a channel, transparent colours."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 4, 4, bits, color, 0, 0, 0)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    parts = [chunk(b"IHDR", header), *(chunk(*each) for each in chunks)]
    parts += [chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def rgba(path):
    Image.fromarray(np.stack([INK * 0] * 3 + [INK], axis=2)).save(path)


def grey_and_alpha(path):
    Image.fromarray(np.stack([INK * 0, INK], axis=2)).save(path)


def palette(path):
    picture = Image.fromarray(INK // 255, "P")
    picture.putpalette([9, 9, 9, 0, 0, 0])
    picture.save(path, transparency=0)


def palette_with_alphas(path):
    picture = Image.fromarray(INK // 255, "P")
    picture.putpalette([9, 9, 9, 0, 0, 0])
    picture.save(path, transparency=bytes([0, 255]))


def grey_of_one_clear_shade(path):
    Image.fromarray(77 - INK // 255 * 77).save(path, transparency=77)


def grey_of_16_bits(path):
    png(path, 16, 0, np.where(INK, 0, 700).astype(">u2"), (b"tRNS", struct.pack(">H", 700)))


def colour_of_16_bits(path):
    rows = np.where(INK, 0, 700).astype(">u2")[:, :, None].repeat(3, axis=2)
    png(path, 16, 2, rows, (b"tRNS", struct.pack(">3H", 700, 700, 700)))


@pytest.mark.filterwarnings("error:Palette")
@pytest.mark.parametrize("color", ["grayscale", "rgb"])
@pytest.mark.parametrize(
    "write",
    [
        rgba,
        grey_and_alpha,
        palette,
        palette_with_alphas,
        grey_of_one_clear_shade,
        grey_of_16_bits,
        colour_of_16_bits,
    ],
)
def test_ink_on_nothing_is_ink_on_white(tmp_path, write, color):
    write(path := tmp_path / "ink.png")
    pixels, said = read(path, color=color)
    expected = ON_WHITE if color == "grayscale" else np.stack([ON_WHITE] * 3, axis=2)
    np.testing.assert_array_equal(pixels, expected)
    assert "transparent" in said and "invisible" not in said
    assert read(path, color=color, background="black")[0].max() == 0


def test_half_transparent_is_half_of_the_ground(tmp_path):
    Image.new("RGBA", (4, 4), (200, 100, 0, 51)).save(tmp_path / "a.png")
    pixels, _ = read(tmp_path / "a.png", color="rgb")
    assert pixels[0, 0].tolist() == [round(0.2 * c + 0.8 * 255) for c in (200, 100, 0)]


def test_white_on_nothing_is_said_to_be_invisible(tmp_path):
    Image.fromarray(np.stack([INK * 0 + 255] * 3 + [INK], axis=2)).save(tmp_path / "a.png")
    assert "invisible" in read(tmp_path / "a.png")[1]
    pixels, said = read(tmp_path / "a.png", background="black")
    np.testing.assert_array_equal(pixels, INK)
    assert "invisible" not in said


@pytest.mark.parametrize("ending", ["png", "webp", "tif"])
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, GREY),
        (2, GREY[:, ::-1]),
        (3, GREY[::-1, ::-1]),
        (4, GREY[::-1]),
        (5, GREY.T),
        (6, np.rot90(GREY, -1)),
        (7, GREY[::-1, ::-1].T),
        (8, np.rot90(GREY)),
    ],
)
def test_pictures_stand_upright(tmp_path, ending, orientation, upright):
    """What EXIF's eight orientations mean: the standard's table, JEITA CP-3451."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    Image.fromarray(GREY).save(path, exif=exif, **({"lossless": True} if ending == "webp" else {}))
    np.testing.assert_array_equal(read(path)[0], upright)


def test_a_photograph_on_its_side_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY).save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels, said = read(tmp_path / "a.jpg")
    np.testing.assert_allclose(pixels.astype(int), np.rot90(GREY, -1), atol=4)
    assert "turned" in said
    content = (tmp_path / "a.jpg").read_bytes()
    place = content.index(b"Exif\0\0") + 6
    damaged = content[:place] + b"\xff" * 20 + content[place + 20 :]
    (tmp_path / "b.jpg").write_bytes(damaged)
    np.testing.assert_allclose(read(tmp_path / "b.jpg")[0].astype(int), GREY, atol=4)


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_16_bits_are_shown_by_their_full_range(tmp_path, ending):
    Image.fromarray(GREY.astype(np.uint16) * 257).save(tmp_path / f"a.{ending}")
    pixels, said = read(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(pixels, GREY)
    assert "white is 65535" in said


def test_16_bits_of_colour_and_of_grey_with_alpha(tmp_path):
    deep = GREY.astype(">u2") * 257
    png(tmp_path / "a.png", 16, 2, deep[:, :, None].repeat(3, axis=2))
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], GREY)
    png(tmp_path / "b.png", 16, 4, np.stack([deep, deep * 0 + 65535], axis=2))
    np.testing.assert_array_equal(read(tmp_path / "b.png")[0], GREY)
    with pytest.raises(DataError, match=r"a\.png: has 16 bits a channel in colour"):
        read(tmp_path / "a.png", pixels=(0, 4095))


def test_the_values_that_are_black_and_white_can_be_said(tmp_path):
    Image.fromarray(GREY.astype(np.uint16) * 17).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png", pixels=(0, 255 * 17))[0], GREY)
    with pytest.raises(DataError, match=r"pixels go from 0\.0 to 4080\.0, beyond `pixels: 0\.\.9`"):
        read(tmp_path / "a.png", pixels=(0, 9))
    Image.fromarray(INK // 255).save(tmp_path / "b.png")
    np.testing.assert_array_equal(read(tmp_path / "b.png", pixels=(0, 1))[0], INK)
    with pytest.raises(DataError, match="beyond"):
        read(tmp_path / "b.png", pixels=(0, 0.5))


@pytest.mark.parametrize("factor", [np.float32(1 / 255), np.int32(1000)])
def test_what_white_is_in_floats_and_32_bits_has_to_be_said(tmp_path, factor):
    Image.fromarray(GREY * factor).save(path := tmp_path / "a.tif")
    with pytest.raises(DataError, match=r"say which are black and white, such as `pixels: 0\.\."):
        read(path)
    np.testing.assert_array_equal(read(path, pixels=(0, float(255 * factor)))[0], GREY)


def test_one_bit_is_black_or_white(tmp_path):
    for ending in ("png", "tif", "pbm", "bmp", "gif"):
        Image.fromarray(INK > 0).save(path := tmp_path / f"a.{ending}")
        np.testing.assert_array_equal(read(path)[0], INK)


@pytest.mark.parametrize("ending", ["gif", "tif", "png", "webp"])
def test_of_several_frames_the_first_is_read(tmp_path, ending):
    lossless = {"lossless": True} if ending == "webp" else {}
    more = {"save_all": True, "append_images": [Image.fromarray(INK)], **lossless}
    Image.fromarray(GREY).save(path := tmp_path / f"a.{ending}", **more)
    pixels, said = read(path)
    np.testing.assert_array_equal(pixels, GREY)
    assert "frames" in said
    Image.fromarray(GREY).save(path, **lossless)
    assert "frames" not in read(path)[1]


def test_cmyk_is_read_as_its_colours(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert read(tmp_path / "a.jpg", color="rgb")[0][0, 0].tolist() == pytest.approx(
        [255, 0, 0], abs=4
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000"])
def test_a_picture_is_known_by_its_first_bytes(tmp_path, kind):
    Image.fromarray(GREY).save(path := tmp_path / "a", kind)
    assert is_picture(path)
    assert read(path)[0].shape == (4, 4)


@pytest.mark.parametrize(
    "content",
    [b"", b"BMI,weight\n21.5,70\n", b"P1 was here", b"GIF", b"%PDF-1.7", b"RIFF1234WAVEfmt "],
)
def test_what_only_looks_like_a_picture_is_none(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert not is_picture(tmp_path / "a")


def test_nothing_that_is_carried_out_is_opened(tmp_path):
    """Pillow would hand PostScript to a program, whatever the file's ending is."""
    Image.fromarray(GREY).save(tmp_path / "a.eps")
    path = Path(tmp_path / "a.eps").rename(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: cannot be read as a picture"):
        read(path)
