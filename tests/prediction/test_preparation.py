"""Images reach a model as they did in training."""

import io

import numpy as np
import pytest
from PIL import Image

from seqvision.data import load
from seqvision.errors import SeqvisionError
from seqvision.prediction.preparation import preparation
from seqvision.presets.facts import Facts

RANDOM = np.random.default_rng(0)


def pictures(folder):
    """Two of each class: grey, colour, transparent, 16 bits, turned."""
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        clear = RANDOM.integers(0, 256, (9, 7, 4), dtype=np.uint8)
        Image.fromarray(clear, "RGBA").save(folder / name / "clear.png")
        deep = RANDOM.integers(0, 4096, (9, 7)).astype(np.uint16)
        Image.fromarray(deep).save(folder / name / "deep.png")
        exif = Image.Exif()
        exif[274] = 6
        wide = RANDOM.integers(0, 256, (5, 8, 3), dtype=np.uint8)
        Image.fromarray(wide).save(folder / name / "turned.jpg", exif=exif)


@pytest.mark.parametrize("color", ["grayscale", "rgb"])
@pytest.mark.parametrize("options", [{}, {"background": "black"}, {"pixels": "0..4095"}], ids=str)
def test_pictures_are_those_of_the_dataset(options, color, tmp_path):
    pictures(tmp_path)
    if "pixels" in options:
        for other in [*tmp_path.rglob("clear.png"), *tmp_path.rglob("turned.jpg")]:
            Image.fromarray(np.full((3, 3), 4000, np.uint16)).save(other.with_suffix(".png"))
            if other.suffix != ".png":
                other.unlink()
    spec = {"name": "image_folder", "path": str(tmp_path), "size": [6, 4], "color": color}
    spec |= {"test": 0.34, **options}
    dataset = load(spec)
    facts = Facts(dataset.input_shape, data=spec, more={"dataset": {"scale": dataset.scale}})
    prepare = preparation(facts)
    expected = sorted(i.tobytes() for s in (dataset.train, dataset.test) for i in s.samples)
    read = [prepare.picture(file)[0] for file in tmp_path.rglob("*.*")]
    assert {image.shape for image in read} == {dataset.input_shape}
    assert sorted(image.tobytes() for image in read) == expected


def test_a_folder_whose_pictures_are_of_0_and_1_makes_pictures_so(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(3):
            bits = RANDOM.integers(0, 2, (6, 4), dtype=np.uint8)
            Image.fromarray(bits).save(tmp_path / name / f"{i}.png")
    spec = {"name": "image_folder", "path": str(tmp_path), "size": [6, 4]}
    dataset = load(spec)
    facts = Facts((6, 4), data=spec, more={"dataset": {"scale": dataset.scale}})
    image, _ = preparation(facts).picture(tmp_path / "cat" / "0.png")
    assert set(np.unique(image)) == {0, 255}


def test_a_picture_in_memory_and_one_of_a_channel(tmp_path):
    held = io.BytesIO()
    Image.fromarray(np.full((5, 5), 7, np.uint8)).save(held, "PNG")
    image, _ = preparation(Facts((3, 2, 1))).picture(held)
    np.testing.assert_array_equal(image, np.full((3, 2, 1), 7))
    with pytest.raises(SeqvisionError, match=r"^the upload: cannot be read as a picture"):
        preparation(Facts((3, 2))).picture(io.BytesIO(b"none"), "the upload")


def test_options_given_count_more_than_the_datas():
    spec = {"name": "image_folder", "path": "x", "size": [6, 4], "background": "black"}
    own = preparation(Facts((6, 4), data=spec))
    assert own.background == "black" and own.pixels is None
    given = preparation(Facts((6, 4), data=spec), background="white", pixels="0..15")
    assert given.background == "white" and given.pixels == (0, 15)


def test_arrays_are_scaled_as_datasets_are():
    whole = RANDOM.integers(0, 256, (5, 6, 4), dtype=np.uint8)
    prepare = preparation(Facts((6, 4)))
    np.testing.assert_array_equal(prepare.arrays(whole, "array"), whole)
    np.testing.assert_array_equal(prepare.arrays(whole / 255, "array"), whole)
    np.testing.assert_array_equal(prepare.arrays(whole[..., None], "array"), whole)
    one = preparation(Facts((6, 4, 1))).arrays(whole, "array")
    np.testing.assert_array_equal(one, whole[..., None])


def test_the_scale_of_the_models_own_arrays_is_taken_where_it_fits():
    levels = RANDOM.integers(0, 13, (5, 6, 4), dtype=np.uint8)
    levels[0, 0, 0] = 12
    facts = Facts((6, 4), data={"name": "npz", "path": "x"}, more={"dataset": {"scale": "0..16"}})
    made = preparation(facts).arrays(levels, "array")
    np.testing.assert_allclose(made, levels * (255 / 16), rtol=1e-6)
    whole = RANDOM.integers(0, 256, (5, 6, 4), dtype=np.uint8)
    np.testing.assert_array_equal(preparation(facts).arrays(whole, "array"), whole)


def test_what_does_not_fit_is_told_with_both_shapes():
    with pytest.raises(SeqvisionError, match="images are 7×4, the model reads 6×4"):
        preparation(Facts((6, 4))).arrays(np.zeros((2, 7, 4)), "array")
    with pytest.raises(SeqvisionError, match="pictures are made"):
        preparation(Facts((6, 4, 7))).picture(io.BytesIO())
    with pytest.raises(SeqvisionError, match="kind 'series'"):
        preparation(Facts((6, 4), kind="series"))
    with pytest.raises(SeqvisionError, match=r"pixels: expected black\.\.white"):
        preparation(Facts((6, 4)), pixels="dark")
