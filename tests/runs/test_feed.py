"""Batches that a device gathers are those that NumPy makes; losses are read late, and all are."""

from itertools import islice
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.config.train import Augment, Train
from seqvision.data.base import Split
from seqvision.runs import feed, losses
from seqvision.runs.ahead import ahead
from seqvision.runs.augment import affine_transforms, epoch_transforms
from seqvision.runs.batches import batches
from seqvision.runs.callbacks import Callbacks
from seqvision.runs.losses import Losses, Step

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 7, 6), np.uint8)
MOVED = Augment(rotate=20, zoom=0.1, shear=0.1, shift=0.1)
WEIGHTS = np.array([1.0, 2.0, 0.5])


@pytest.mark.parametrize("gathers", [True, False])
@pytest.mark.parametrize("augment", [None, MOVED, Augment(shift=0.1, cutout=0.2)])
def test_what_fit_reads_is_what_numpy_makes(augment, gathers, monkeypatch):
    """From the second epoch on; three batches an epoch, the last one smaller."""
    monkeypatch.setattr(feed, "total_memory", lambda: 1e9 if gathers else 1)
    made = SimpleNamespace(
        config=SimpleNamespace(train=Train(batch_size=4, augment=augment, label_smoothing=0.1)),
        training=Split(IMAGES, np.arange(10) % 3),
        dataset=SimpleNamespace(kind="image", num_classes=3),
        class_weights=WEIGHTS,
        strategy=None,
        cut=SimpleNamespace(window=None),
        seed=5,
    )
    with feed.feed(made, 1) as read:
        found = [list(map(ops.convert_to_numpy, batch)) for batch in islice(iter(read), 7)]
    expected = batches(made.training, 4, 5, 1, augment, 3, WEIGHTS)
    exactly = keras.backend.backend() == "tensorflow" or augment != MOVED
    for got, (images, *others) in zip(found, expected, strict=False):
        np.testing.assert_allclose(got[0], images, atol=0 if exactly else 1e-2)
        for one, other in zip(got[1:], others, strict=True):
            np.testing.assert_array_equal(one, other)
    assert [len(images) for images, *_ in found] == [4, 4, 2, 4, 4, 2, 4]


def test_the_transforms_of_an_epoch_are_those_of_its_batches():
    generator = np.random.default_rng([3, 2, 1])
    each = [affine_transforms(MOVED, generator, count, (7, 6)) for count in (4, 4, 2)]
    found = epoch_transforms(MOVED, 3, 2, 10, (7, 6), 4)
    np.testing.assert_array_equal(found, np.concatenate(each))


def test_a_thread_keeps_the_order_and_hands_on_what_goes_wrong():
    made = []

    def numbers():
        for number in range(4):
            made.append(number)
            yield number
        raise ValueError("no more")

    items = ahead(numbers())
    assert [next(items) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="no more"):
        next(items)
    made.clear()
    items = ahead(numbers(), 1)
    next(items)
    items.close()
    assert len(made) <= 3  # The one that was taken, the next, and one that was in the making.


def test_losses_are_read_late_and_in_order(monkeypatch):
    now = [1.0]
    monkeypatch.setattr(losses, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    kept, read = Losses(), []
    for number in range(1, 10):
        loss = ops.convert_to_tensor(np.float32(number / 8))
        kept.add(Step(number, 4, 4 * number, loss, loss))
        now[0] += 0.15
        read.append([step.number for step in kept.ready()])
    assert read == [[], [], [1], [], [2, 3], [], [4, 5], [], [6, 7]]
    left = kept.all()
    assert [(step.number, step.loss) for step in left] == [(8, 1.0), (9, 1.125)]
    assert kept.all() == []


def test_numbers_are_waited_for_only_where_a_callback_hears_of_steps():
    class Hears(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.logs = logs

    journal, other, loss = Hears(), Hears(), ops.convert_to_tensor(0.5)
    quiet = Callbacks(journal, [keras.callbacks.EarlyStopping()], None, steps=1)
    quiet.on_train_batch_end(0, {"loss": loss})
    assert journal.logs["loss"] is loss
    Callbacks(journal, [other], None, steps=1).on_train_batch_end(0, {"loss": loss})
    assert other.logs == {"loss": 0.5} and isinstance(other.logs["loss"], float)
