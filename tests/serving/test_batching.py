"""Requests that come together are answered together, and one that comes alone soon."""

import threading
import time

import pytest

from seqvision.serving.batching import Batcher, padded_sizes


@pytest.fixture
def batcher():
    """Makes batchers, which stop at the end."""
    made = []

    def make(work, **options):
        made.append(Batcher(work, **{"most": 4, "wait": 0.05, **options}))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_requests_that_come_together_are_one_batch_in_their_order(batcher):
    batches = []
    double = {"double": lambda batch: batches.append(batch) or [2 * n for n in batch]}
    held = batcher(double, wait=60)
    began = time.perf_counter()
    answers = [held.submit("double", n) for n in range(4)]
    assert [answer.result(5) for answer in answers] == [0, 2, 4, 6]
    assert batches == [[0, 1, 2, 3]]
    assert time.perf_counter() - began < 5  # A full batch does not wait.


def test_what_comes_while_the_model_works_is_the_next_batch(batcher):
    batches, working, go = [], threading.Event(), threading.Event()

    def work(batch):
        batches.append(batch)
        working.set()
        assert go.wait(5)
        return batch

    held = batcher({"same": work}, wait=0.0)
    answers = [held.submit("same", 0)]
    assert working.wait(5)
    answers += [held.submit("same", n) for n in range(1, 7)]
    go.set()
    assert [answer.result(5) for answer in answers] == list(range(7))
    assert batches == [[0], [1, 2, 3, 4], [5, 6]]


@pytest.mark.parametrize("wait", [0.0, 0.1])
def test_a_lone_request_waits_no_longer_than_the_bound(batcher, wait):
    held = batcher({"same": list}, wait=wait)
    held.submit("same", 0).result(5)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        held.submit("same", 1).result(5)
        took.append(time.perf_counter() - began)
    assert wait <= min(took) < wait + 0.03


def test_requests_of_two_kinds_are_two_calls(batcher):
    held = batcher({"sum": lambda b: [sum(b)] * len(b), "max": lambda b: [max(b)] * len(b)})
    answers = [held.submit(kind, n) for kind, n in [("sum", 1), ("max", 2), ("sum", 3), ("max", 4)]]
    assert [answer.result(5) for answer in answers] == [4, 4, 4, 4]


def test_an_error_is_that_of_its_batch_and_the_next_is_answered(batcher):
    def work(batch):
        if 0 in batch:
            raise ZeroDivisionError
        return batch

    held = batcher({"same": work}, wait=0.0)
    with pytest.raises(ZeroDivisionError):
        held.submit("same", 0).result(5)
    assert held.submit("same", 1).result(5) == 1


def test_who_has_gone_is_not_answered_for(batcher):
    batches = []
    held = batcher({"same": lambda batch: batches.append(batch) or batch})
    gone = held.submit("same", 0)
    gone.cancel()
    assert held.submit("same", 1).result(5) == 1
    assert batches == [[1]]


def test_all_that_was_submitted_is_answered_before_the_end():
    held = Batcher({"same": lambda batch: time.sleep(0.01) or batch}, most=2, wait=1.0)
    held.start()
    answers = [held.submit("same", n) for n in range(5)]
    held.stop()
    assert [answer.result(0) for answer in answers] == list(range(5))


def test_few_sizes_are_compiled():
    assert padded_sizes(1) == [1]
    assert padded_sizes(4) == [1, 4]
    assert padded_sizes(20) == [1, 4, 16, 20]
    assert padded_sizes(64) == [1, 4, 16, 64]
