"""Answers are read late: those of Keras to the last bit, and none is lost or held back."""

from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from seqvision import create_model
from seqvision.runs import predict
from seqvision.runs.hand_over import hand_over
from seqvision.runs.late import late


def test_items_come_when_two_later_ones_are_made_or_none_will_be_for_a_while():
    made = []

    def numbers():
        for number in (1, 2, 3, 4, None, 5, 6, 7):
            made.append(number)
            yield number
        raise ValueError("no more")

    items, seen = late(numbers()), []
    for _ in range(7):
        seen.append((next(items), made[-1]))
    assert seen == [(1, 3), (2, 4), (3, None), (4, None), (5, 7), (6, 7), (7, 7)]
    with pytest.raises(ValueError, match="no more"):
        next(items)


def test_logits_are_those_of_keras_and_read_when_later_batches_were_handed_over(monkeypatch):
    model = create_model("stacked", (6, 4), 3, cell="gru", units=8, dropout=0.5)
    images = np.random.default_rng(0).integers(0, 256, (22, 6, 4), np.uint8)
    expected = [model.predict_on_batch(images[start : start + 5]) for start in range(0, 22, 5)]
    weights, events = model.get_weights(), []
    monkeypatch.setattr(
        predict, "hand_over", lambda *given: events.append("given") or hand_over(*given)
    )
    reads = SimpleNamespace(
        convert_to_numpy=lambda one: events.append("read") or ops.convert_to_numpy(one)
    )
    monkeypatch.setattr(predict, "ops", reads)
    found = [logits for _, logits in predict.parts(model, images, 5)]
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert events == ["given"] * 3 + ["read", "given"] * 2 + ["read"] * 3
    for got, wanted in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, wanted)
