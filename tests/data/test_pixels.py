"""The scale of pixels follows from their values: the same in every type and layout of file."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqvision.config import load_config
from seqvision.data import load
from seqvision.data.assembly import make_dataset
from seqvision.errors import DataError, SeqvisionError

GENERATOR = np.random.default_rng(0)
BYTES = GENERATOR.integers(0, 256, (30, 6, 5), dtype=np.uint8)
LABELS = np.arange(30) % 3
BITS = BYTES > 127


def layouts(images, labels):
    """The same images as whole sets, with parts of their own, and with a validation part."""
    return [
        {"x": images, "y": labels},
        {
            "x_train": images[:20],
            "y_train": labels[:20],
            "x_test": images[20:],
            "y_test": labels[20:],
        },
        {
            "train_images": images[:10],
            "train_labels": labels[:10, None],
            "val_images": images[10:20],
            "val_labels": labels[10:20, None],
            "test_images": images[20:],
            "test_labels": labels[20:, None],
        },
    ]


@pytest.mark.parametrize("layout", range(3))
@pytest.mark.parametrize("kind", [bool, np.int64, np.uint8, np.float16, np.float64])
def test_black_and_white_is_black_and_white(npz, layout, kind):
    dataset = npz(**layouts(BITS.astype(kind), LABELS)[layout])
    assert dataset.scale == "0..1"
    expected = npz(**layouts(np.where(BITS, 255, 0).astype(np.uint8), LABELS)[layout])
    assert dataset.checksum == expected.checksum
    assert dataset.train.samples.dtype == np.uint8


def idx_folder(folder, images, labels):
    for part, where in (("train", slice(20)), ("t10k", slice(20, None))):
        for what, array in (("images-idx3", images[where]), ("labels-idx1", labels[where])):
            array = array.astype(np.uint8)
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{part}-{what}-ubyte").write_bytes(header + array.tobytes())
    return {"name": "idx", "path": str(folder)}


def test_black_and_white_in_an_idx_file(npz, tmp_path):
    spec = idx_folder(tmp_path, BITS, LABELS)
    assert load(spec).checksum == npz(**layouts(BITS, LABELS)[1]).checksum
    as_it_is = load({**spec, "pixels": "0..255"})
    assert (as_it_is.train.samples.max(), as_it_is.scale) == (1, "0..255")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["u1", "i2", "u2", "i8", "u8", "f2", "f4", "f8"]),
    st.sampled_from(["0..255", "0..1", "-1..1", "0..65535"]),
)
def test_the_same_pixels_are_the_same_dataset(seed, kind, scale):
    """In every type that can hold them, on every scale that anyone would recognise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 3, 4), dtype=np.uint8)
    pixels[0, 0, :2] = 0, 255
    scaled = {
        "0..255": pixels,
        "0..1": pixels / 255,
        "-1..1": pixels / 127.5 - 1,
        "0..65535": pixels * 257.0,
    }[scale]
    if kind == "f2" and scale in ("0..65535", "-1..1"):
        kind = "f4"  # Half precision doesn't hold these.
    if kind[0] != "f" and scale in ("0..1", "-1..1"):
        kind = "f8"
    if scale == "0..65535" and kind in ("u1", "i2"):
        kind = "u2"
    labels = np.arange(12) % 2
    expected = make_dataset("mine", (pixels, labels), "here").checksum
    found = make_dataset("mine", (scaled.astype(kind), labels), "here")
    assert (found.checksum, found.scale) == (expected, scale)


def test_floats_that_are_no_bytes_stay_floats(npz):
    images = np.linspace(0, 1, 30 * 30).reshape(30, 6, 5)
    dataset = npz(x=images, y=LABELS)
    assert dataset.train.samples.dtype == np.float32
    whole = np.concatenate([dataset.train.samples, dataset.test.samples])
    np.testing.assert_allclose(np.sort(whole.ravel()), np.linspace(0, 255, 900), rtol=1e-5)


@pytest.mark.parametrize(
    ("images", "scale"),
    [
        (np.minimum(BYTES, 200), "0..255"),
        (BYTES * 16.0 + BYTES // 16, "0..4095"),
        (BYTES.astype(np.uint16) * 200, "0..65535"),
        (BYTES // 16, "0..15"),
        (np.minimum(BYTES // 15, 16).astype(float), "0..16"),
    ],
)
def test_scales_that_show(npz, images, scale):
    dataset = npz(x=images, y=LABELS)
    assert dataset.scale == scale
    white = float(scale.rpartition(".")[2])
    every = np.concatenate([dataset.train.samples, dataset.test.samples])
    assert every.max() == pytest.approx(float(images.max()) * 255 / white, abs=0.01)


@pytest.mark.parametrize(
    ("images", "advice"),
    [
        (BYTES.astype(np.uint16) * 10, r"pixels go from 0\.0 to 2550\.0.*`pixels: 0\.\.2550`"),
        (BYTES.astype(int) - 128, r"`pixels: -128\.\.127`"),
        (BYTES / 70 - 1, r"black and white\? .*`pixels: -1\.\."),
        (BYTES / 255 - 0.5, "black and white"),
        (BYTES / 255 - 0.13, "black and white"),
        (BYTES.astype(int) // 32 - 1, r"`pixels: -1\.\.6`"),
        (BYTES / 170, r"`pixels: 0\.\.1\.5`"),
        (BYTES * 1e6, "black and white"),
    ],
)
def test_a_guess_is_refused_with_the_option_that_settles_it(npz, images, advice):
    with pytest.raises(DataError, match=advice):
        npz(x=images, y=LABELS)


def test_the_option_settles_it(npz):
    dataset = npz({"pixels": "-128..127"}, x=BYTES.astype(int) - 128, y=LABELS)
    assert dataset.checksum == npz(x=BYTES, y=LABELS).checksum
    assert dataset.scale == "-128..127"
    dataset = npz({"pixels": "0..255"}, x=BITS, y=LABELS)
    assert dataset.train.samples.max() == 1
    with pytest.raises(DataError, match=r"go from 0\.0 to 255\.0, beyond `pixels: 0\.\.1`"):
        npz({"pixels": "0..1"}, x=BYTES, y=LABELS)


def test_one_part_on_another_scale_is_refused(npz):
    parts = layouts(BYTES, LABELS)[1]
    parts["x_train"] = parts["x_train"] / 255
    with pytest.raises(DataError, match="training pixels go from 0 to 1, those of all parts"):
        npz(**parts)
    # But a part that happens to be black is on every scale.
    parts = layouts(BYTES, LABELS)[1]
    parts["x_test"] = parts["x_test"] * 0
    assert npz(**parts).scale == "0..255"


def test_dark_images_are_said_to_be(npz, caplog):
    assert npz(x=BYTES // 5, y=LABELS).train.samples.max() == 51
    assert "the brightest pixel of all is 51 of 255, nearly black" in caplog.text


@pytest.mark.parametrize("text", ["0-1", "1..0", "0..", "white", "0..1..2", "0..nan"])
def test_a_range_is_black_and_white(text, npz):
    with pytest.raises(DataError, match=r"expected black\.\.white, such as 0\.\.1"):
        npz({"pixels": text}, x=BYTES, y=LABELS)
    config = {"name": "mine", "model": {"family": "stacked"}}
    data = {"dataset": {"name": "npz", "path": "x.npz", "pixels": text}}
    with pytest.raises(SeqvisionError, match=r"data.dataset.pixels: expected black\.\.white"):
        load_config({**config, "data": data})


def test_a_range_is_plain_yaml():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.yaml"
        file.write_text(
            "name: mine\ndata: {dataset: {name: npz, path: x.npz, pixels: 0..1}}\n"
            "model: {family: stacked}\n"
        )
        config = load_config(file)
    assert config.data.dataset == {"name": "npz", "path": "x.npz", "pixels": "0..1"}
