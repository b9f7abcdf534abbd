"""Batches, schedules, calibration and locks, each against what is known of them."""

import json

import numpy as np
import pytest
from keras import ops

from seqvision.config.schedule import Cosine, OneCycle, Step
from seqvision.config.train import Augment
from seqvision.data.base import Split
from seqvision.errors import SeqvisionError
from seqvision.runs.batches import batches
from seqvision.runs.files import write_atomically, write_json
from seqvision.runs.lock import locked
from seqvision.runs.metrics import calibration_error
from seqvision.runs.schedules import learning_rate

SPLIT = Split(np.arange(10, dtype=np.uint8).reshape(10, 1, 1), np.arange(10))


def epoch(stream, count=3):
    return [next(stream) for _ in range(count)]


def test_an_epoch_holds_each_image_once_with_its_label_in_an_order_of_its_own():
    stream = batches(SPLIT, 4, seed=0)
    first, second = epoch(stream), epoch(stream)
    orders = [np.concatenate([labels for _, labels in e]) for e in (first, second)]
    assert [len(labels) for _, labels in first] == [4, 4, 2]
    for order in orders:
        assert sorted(order) == list(range(10))
    assert orders[0].tolist() != orders[1].tolist()
    another = np.concatenate([labels for _, labels in epoch(batches(SPLIT, 4, seed=1))])
    assert orders[0].tolist() != another.tolist()
    assert all((images.ravel() == labels).all() for images, labels in first + second)


def test_going_on_at_an_epoch_gives_that_epoch():
    augment = Augment(shift=0.2, rotate=20.0, zoom=0.1, shear=0.1, elastic=1.0, cutout=0.2)
    split = Split(np.random.default_rng(0).integers(0, 256, (6, 9, 9), np.uint8), np.arange(6))
    stream = batches(split, 6, seed=0, augment=augment)
    changed = [next(stream)[0] for _ in range(3)]
    resumed, _ = next(batches(split, 6, seed=0, first_epoch=2, augment=augment))
    np.testing.assert_array_equal(changed[2], resumed)
    assert changed[0].shape == (6, 9, 9)
    assert changed[0].min() >= 0 and changed[0].max() <= 255
    assert np.abs(changed[0] - changed[1]).max() > 1


def test_labels_as_rows_and_weights_by_class():
    weights = np.arange(10.0)
    images, targets, weight = next(batches(SPLIT, 10, 0, one_hot=10, class_weights=weights))
    np.testing.assert_array_equal(targets.argmax(axis=1), images.ravel())
    np.testing.assert_array_equal(weight, images.ravel())


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (OneCycle(name="one_cycle", warmup=0.25, start=0.1, end=0.0), {0: 0.1, 25: 1, 100: 0}),
        (Cosine(name="cosine", warmup=0.2), {0: 0, 10: 0.5, 20: 1, 60: 0.5, 100: 0}),
        (Cosine(name="cosine", end=0.1), {0: 1, 50: 0.55, 100: 0.1}),
        (Step(name="step", at=[0.5, 0.75], factor=0.1), {50: 1, 51: 0.1, 76: 0.01}),
    ],
)
def test_schedules_reach_their_rates_at_their_shares_of_the_run(schedule, rates):
    rate = learning_rate(schedule, 2.0, 100)
    for step, share in rates.items():
        found = float(ops.convert_to_numpy(rate(step)))
        assert found == pytest.approx(2 * share, abs=1e-6), step


def test_calibration_error_of_a_worked_example():
    # Confidence 0.8 and right in 1 of 2, confidence 0.6 and right in 2 of 2.
    p = np.array([[0.8, 0.2], [0.8, 0.2], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 1, 0, 0])
    assert calibration_error(p, labels) == pytest.approx((2 * 0.3 + 2 * 0.4) / 4)


def test_json_has_null_for_what_is_not_finite(tmp_path):
    values = {"a": [1.5, np.nan], "b": {"c": (-np.inf, np.float64("inf"))}, "d": "NaN"}
    write_json(tmp_path / "x.json", values)

    def refuse(constant):
        raise ValueError(constant)

    read = json.loads((tmp_path / "x.json").read_text(), parse_constant=refuse)
    assert read == {"a": [1.5, None], "b": {"c": [None, None]}, "d": "NaN"}


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("before")

    def fail(temporary):
        temporary.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomically(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_do_not_share_a_run(tmp_path):
    with locked(tmp_path), pytest.raises(SeqvisionError, match="another process"), locked(tmp_path):
        pass
