"""The answers of a run, kept in a few kilobytes, are those of all its probabilities."""

import numpy as np
import pytest

from seqvision.runs.answers import read_answers, write_answers, write_predictions


def made_up(images, classes, wrong, seed=0):
    """Probabilities and labels: a share `wrong` of the answers err, and many are sure."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, classes, images)
    said = np.where(draw.random(images) < wrong, draw.integers(0, classes, images), labels)
    sure = 1 - 0.5 * draw.beta(0.1, 2, images)
    probabilities = np.repeat(((1 - sure) / (classes - 1))[:, None], classes, axis=1)
    probabilities[np.arange(images), said] = sure
    return probabilities.astype(np.float32), labels


@pytest.mark.parametrize("classes", [2, 10, 256, 300, 70_000])
def test_they_come_back_as_they_were(tmp_path, classes):
    probabilities, labels = made_up(20 if classes > 300 else 500, classes, 0.3)
    write_answers(tmp_path / "answers.npz", probabilities, labels)
    own_labels, said, confidence = read_answers(tmp_path)
    np.testing.assert_array_equal(own_labels, labels)
    np.testing.assert_array_equal(said, probabilities.argmax(axis=1))
    np.testing.assert_allclose(confidence, probabilities.max(axis=1), atol=0.5 / 255 + 1e-6)


def test_they_are_the_same_as_those_of_the_full_file(tmp_path):
    write_predictions(tmp_path / "predictions.npz", *made_up(1000, 10, 0.1))
    small = read_answers(tmp_path)
    (tmp_path / "answers.npz").unlink()
    for one, other in zip(small, read_answers(tmp_path), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_of_ten_thousand_images_they_take_a_few_kilobytes(tmp_path):
    for wrong, most in ((0.01, 11_000), (0.13, 13_000)):
        write_predictions(tmp_path / "predictions.npz", *made_up(10_000, 10, wrong))
        assert (tmp_path / "answers.npz").stat().st_size < most


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": [0, 1]}, "there is no array 'mistakes'"),
        ({"labels": [], "mistakes": [], "confidence": []}, "for 0 images"),
        (
            {"labels": [0, 1], "mistakes": [0], "confidence": [1, 1]},
            r"mistakes \(1,\) for 2 images",
        ),
        ({"labels": [[0]], "mistakes": [0], "confidence": [1]}, r"labels \(1, 1\) for 1 images"),
        ({"labels": [0.5], "mistakes": [0], "confidence": [1]}, "labels are float64"),
    ],
)
def test_what_is_no_answers_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "answers.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_answers(tmp_path)


def test_a_damaged_file_is_refused_and_a_missing_one_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_answers(tmp_path)
    path = tmp_path / "answers.npz"
    write_answers(path, *made_up(1000, 10, 0.1))
    whole = path.read_bytes()
    np.save(tmp_path / "bare.npy", np.zeros(3))
    middle = len(whole) // 3
    for damage in (b"", b"no", whole[:300], whole[:middle] + b"\xff" * 9 + whole[middle + 9 :]):
        path.write_bytes(damage)
        with pytest.raises((ValueError, OSError)):
            read_answers(tmp_path)
    path.write_bytes((tmp_path / "bare.npy").read_bytes())
    with pytest.raises(ValueError, match="no archive"):
        read_answers(tmp_path)
