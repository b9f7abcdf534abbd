"""Each change of an image does what its name says, against scipy and against pictures of dots."""

import numpy as np
import pytest
from scipy import ndimage

from seqvision.config.train import Augment
from seqvision.runs.augment import affine_transforms, augmentation

DOT = np.zeros((1, 21, 21), np.uint8)
DOT[0, 10, 15] = 200  # five pixels right of the centre


def place(image):
    """The centre of gravity of an image, (y, x) from its middle."""
    return np.array(ndimage.center_of_mass(image)) - 10


def places(augment, draws=200):
    change = augmentation(augment, seed=1, epoch=0)
    return np.array([place(image) for image in change(np.repeat(DOT, draws, axis=0))])


def test_a_rotation_keeps_the_distance_and_reaches_its_angle():
    found = places(Augment(rotate=30))
    np.testing.assert_allclose(np.hypot(*found.T), 5, atol=0.15)
    angles = np.degrees(np.arctan2(found[:, 0], found[:, 1]))
    assert 25 < angles.max() <= 31 and -31 <= angles.min() < -25


def test_a_zoom_moves_along_the_ray_by_its_factor():
    found = places(Augment(zoom=0.2))
    assert 5.7 < found[:, 1].max() <= 6.1 and 3.9 <= found[:, 1].min() < 4.3
    np.testing.assert_allclose(found[:, 0], 0, atol=0.05)


def test_a_shift_is_a_share_of_the_size():
    found = places(Augment(shift=0.1)) - [0, 5]
    assert 1.8 < np.abs(found).max() <= 2.15
    assert np.abs(found.mean(axis=0)).max() < 0.2


def test_a_shear_moves_by_the_distance_from_the_axis():
    found = places(Augment(shear=0.2))
    assert 0.8 < np.abs(found[:, 0]).max() <= 1.1  # 0.2 of the five pixels.


def test_resampling_is_scipys():
    image = np.random.default_rng(0).uniform(0, 255, (1, 12, 9)).astype("float32")
    augment = Augment(rotate=20, zoom=0.1, shear=0.1, shift=0.1)
    found = augmentation(augment, seed=3, epoch=2)(image)[0]
    transform = affine_transforms(augment, np.random.default_rng([3, 2, 1]), 1, (12, 9))[0]
    (a, b, c), (d, e, f) = transform[:3], transform[3:6]
    # Scipy counts rows first.
    expected = ndimage.affine_transform(image[0], [[e, d], [b, a]], (f, c), order=1)
    inner = (slice(2, -2), slice(2, -2))  # At the edge the two fill differently.
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-2)


def test_an_elastic_distortion_moves_by_its_pixels_and_smoothly():
    ramp = np.broadcast_to(np.arange(60, dtype="float32"), (20, 60, 60))
    change = augmentation(Augment(elastic=2.0), 0, 0)
    moved = change(ramp) - ramp  # On a ramp, a pixel's value is the place it is taken from.
    inner = moved[:, 10:-10, 10:-10]
    assert inner.std() == pytest.approx(2.0, rel=0.15)
    assert np.abs(np.diff(inner, axis=2)).max() < 1.2
    across = change(ramp.swapaxes(1, 2)) - ramp.swapaxes(1, 2)
    correlation = np.corrcoef(inner.ravel(), across[:, 10:-10, 10:-10].ravel())[0, 1]
    assert abs(correlation) < 0.3  # Up and down is another field than left and right.


def test_cutout_blanks_a_share_and_keeps_channels():
    images = np.full((8, 20, 20, 3), 100, np.uint8)
    cut = augmentation(Augment(cutout=0.2), 0, 0)(images)
    assert cut.shape == images.shape
    assert 0.02 < (cut == 0).mean() < 0.25 and set(np.unique(cut)) == {0.0, 100.0}
    assert (cut[..., 0] == cut[..., 2]).all()
