"""The orders of pixels, against tables and definitions that are not ours."""

import numpy as np
import pytest

from seqvision.errors import SeqvisionError
from seqvision.scans import (
    Diagonal,
    Hilbert,
    Morton,
    Patches,
    Pixels,
    Snake,
    Spiral,
    TransposePair,
    Windows,
    Zigzag,
)
from seqvision.scans.base import places_of, reading_order

SIZES = [(1, 1), (1, 5), (6, 1), (2, 2), (3, 5), (4, 7), (7, 4), (5, 8), (9, 9), (16, 12)]
BY_COLUMNS = {"name": "pixels", "along": "columns"}


def jumps(scan, height, width):
    """How far apart, in steps of a chess king and of a rook, pixels read in turn are at most."""
    points = np.stack(np.divmod(places_of(scan, height, width)[:, 0], width))
    apart = np.abs(np.diff(points)).reshape(2, -1)
    return apart.max(initial=0), apart.sum(axis=0).max(initial=0)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "scan", [Snake(), Snake(along="columns"), Spiral(), Hilbert()], ids=lambda s: s.name
)
def test_each_pixel_is_a_neighbour_of_the_one_before(scan, size):
    assert jumps(scan, *size) <= (1, 1)


def test_hilberts_curve_reaches_neighbours_only_in_any_rectangle():
    for height in range(1, 24):
        for width in range(1, 24):
            assert jumps(Hilbert(), height, width) <= (1, 1), (height, width)


def hilbert_square(order):
    """The curve of a square of side 2 ** order, drawn by its L-system, from the top left."""
    path = "A"
    for _ in range(order):
        path = path.translate(str.maketrans({"A": "+BF-AFA-FB+", "B": "-AF+BFB+FA-"}))
    place, heading, read = 0j, 1j, [0j]
    for letter in path:
        heading *= {"+": -1j, "-": 1j}.get(letter, 1)
        if letter == "F":
            place += heading
            read.append(place)
    return np.array(read)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_in_squares_of_a_power_of_two_it_is_hilberts(order):
    side = 2**order
    points = hilbert_square(order)
    expected = points.imag.astype(int) * side + points.real.astype(int)
    np.testing.assert_array_equal(places_of(Hilbert(), side, side)[:, 0], expected)


def test_zigzag_is_jpegs():
    table = """
         0  1  5  6 14 15 27 28
         2  4  7 13 16 26 29 42
         3  8 12 17 25 30 41 43
         9 11 18 24 31 40 44 53
        10 19 23 32 39 45 52 54
        20 22 33 38 46 51 55 60
        21 34 37 47 50 56 59 61
        35 36 48 49 57 58 62 63
    """  # ITU-T T.81, figure A.6.
    expected = np.array(table.split(), int).reshape(8, 8)
    np.testing.assert_array_equal(reading_order(Zigzag(), 8, 8), expected)
    assert jumps(Zigzag(), 5, 9)[0] == 1


def test_diagonals_are_numpys():
    image = np.arange(35).reshape(5, 7)

    def diagonals(image):  # NumPy's end at the left border of the mirrored image.
        mirrored = image[:, ::-1]
        return np.concatenate([mirrored.diagonal(k) for k in range(6, -5, -1)])

    assert places_of(Diagonal(), 5, 7)[:, 0].tolist() == diagonals(image).tolist()
    other = places_of(Diagonal(corner="top_right"), 5, 7)[:, 0]
    assert other.tolist() == diagonals(image[:, ::-1]).tolist()


def test_spiral():
    assert reading_order(Spiral(), 3, 4).tolist() == [[0, 1, 2, 3], [9, 10, 11, 4], [8, 7, 6, 5]]
    outwards = places_of(Spiral(reverse=True), 5, 5)[:, 0]
    assert (outwards[0], outwards[-1]) == (12, 0)  # From the middle to the corner.


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 11), (1, 6)])
def test_morton_interleaves_bits(height, width):
    def code(pixel):
        row, column = divmod(pixel, width)
        pairs = zip(f"{row:08b}", f"{column:08b}", strict=True)
        return "".join(bit for pair in pairs for bit in pair)

    expected = sorted(range(height * width), key=code)
    assert places_of(Morton(), height, width)[:, 0].tolist() == expected


def test_pixels_of_columns_are_those_of_the_transposed_image():
    assert reading_order(Pixels(along="columns"), 3, 5).tolist() == (
        reading_order(Pixels(), 5, 3).T.tolist()
    )
    assert reading_order(Snake(along="columns"), 3, 5).tolist() == (
        reading_order(Snake(), 5, 3).T.tolist()
    )


def test_a_transpose_pair_is_an_image_and_its_transpose():
    image = np.random.default_rng(0).integers(0, 256, (1, 3, 5, 2)).astype("float32")
    rows, columns = image.reshape(15, 2), image.transpose(0, 2, 1, 3).reshape(15, 2)
    np.testing.assert_array_equal(TransposePair()(image)[0], np.hstack([rows, columns]))
    # Read at first in its row or in its column, whichever comes first.
    assert reading_order(TransposePair(), 2, 2).tolist() == [[0, 1], [1, 3]]


def blocks(image, high, wide):
    """`(rows of blocks, columns of blocks, pixels)` of an image that they divide."""
    height, width = image.shape
    cut = image.reshape(height // high, high, width // wide, wide).swapaxes(1, 2)
    return cut.reshape(height // high, width // wide, high * wide)


def test_patches():
    image = np.arange(6 * 8).reshape(6, 8)
    cut = blocks(image, 3, 2)
    np.testing.assert_array_equal(places_of(Patches(size=[3, 2]), 6, 8), cut.reshape(-1, 6))
    ordered = places_of(Patches(size=[3, 2], order=BY_COLUMNS, within="zigzag"), 6, 8)
    along_columns = cut.swapaxes(0, 1).reshape(-1, 6)
    np.testing.assert_array_equal(ordered, along_columns[:, [0, 1, 2, 4, 3, 5]])


def test_patches_that_do_not_divide_the_image_end_at_its_border():
    places = places_of(Patches(size=4), 6, 9)
    assert places[:, 0].tolist() == [0, 4, 5, 18, 22, 23]  # The top left pixel of each.
    assert (places[:, -1] - places[:, 0] == 3 * 9 + 3).all()
    assert places_of(Patches(size=99), 3, 4).tolist() == [list(range(12))]


def test_windows():
    image = np.arange(6 * 8).reshape(6, 8)
    cut = blocks(image, 3, 2)
    assert places_of(Windows(size=[3, 2]), 6, 8).ravel().tolist() == cut.ravel().tolist()
    both = {"order": BY_COLUMNS, "within": BY_COLUMNS}
    other_way = places_of(Windows(size=2, **both), 4, 6).ravel()
    transposed = blocks(np.arange(24).reshape(4, 6).T, 2, 2)
    assert other_way.tolist() == transposed.ravel().tolist()
    # What is left at the borders are smaller windows.
    assert places_of(Windows(size=3), 4, 4).ravel().tolist() == [
        *(0, 1, 2, 4, 5, 6, 8, 9, 10, 3, 7, 11, 12, 13, 14, 15)
    ]


def test_scans_within_scans_are_reversed_too_and_one_reads_pixel_by_pixel():
    backwards = places_of(Windows(size=2, within={"name": "pixels", "reverse": True}), 2, 4)
    assert backwards.ravel().tolist() == [5, 4, 1, 0, 7, 6, 3, 2]
    nested = Windows(size=2, within={"name": "windows", "size": [2, 1]})
    assert places_of(nested, 2, 4).ravel().tolist() == [0, 4, 1, 5, 2, 6, 3, 7]
    for scan in ("rows", "patches", {"name": "transpose_pair"}):
        with pytest.raises(SeqvisionError, match="gives no order within another") as caught:
            Patches(order=scan)
        assert "\n" not in str(caught.value)
