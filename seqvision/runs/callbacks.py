"""Calls a run's callbacks without waiting for the loss of each step."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.runs.journal import Journal


class Callbacks(keras.callbacks.CallbackList):
    """A run's journal and others' callbacks, as `fit` takes them.

    Keras gives callbacks numbers, for which it waits at each step. The journal takes what the
    device has not computed yet; only where another callback hears of steps is it as in Keras.
    """

    def __init__(
        self,
        journal: Journal,
        others: Sequence[keras.callbacks.Callback],
        model: keras.Model,
        **params: Any,
    ):
        super().__init__([journal, *others], add_history=True, model=model, **params)
        self.journal = journal
        self.steps_are_heard = any(map(_hears_steps, others))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.steps_are_heard:
            super().on_train_batch_begin(batch, logs)
        else:
            self.journal.on_train_batch_begin(batch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        batch = min(batch, self.params["steps"] - 1)  # Of the several that were to be executed.
        if self.steps_are_heard:
            super().on_train_batch_end(batch, logs)
        else:
            self.journal.on_train_batch_end(batch, logs)


def _hears_steps(callback: keras.callbacks.Callback) -> bool:
    names = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
    plain = keras.callbacks.Callback
    return any(getattr(type(callback), name) is not getattr(plain, name) for name in names)
