"""What is said of mixers when they are published, on tasks that are as small as show it.

A few symbols come, and are to be said in their order at the end: what lies between them and the end
must be outlasted, and what lies among them passed over. A model reads each sequence once. Its
accuracy is that on other sequences; 1/4 is chance.
"""

import keras
import numpy as np
import pytest

from seqvision.mixers import MIXERS
from seqvision.mixers.block import Block
from seqvision.specs import build

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

SYMBOLS, COUNT, BLANK, END = 4, 3, 4, 5


def kept(random, size):
    """Each symbol for 8 steps, then 500 blank ones."""
    symbols = random.integers(0, SYMBOLS, (size, COUNT))
    blank = np.full((size, 500), BLANK)
    return symbols, np.concatenate([np.repeat(symbols, 8, axis=1), blank], axis=1)


def chosen(random, size):
    """The symbols at random places among 16 steps (Gu & Dao 2023, arXiv 2312.00752)."""
    symbols = random.integers(0, SYMBOLS, (size, COUNT))
    rows = np.full((size, 16), BLANK)
    places = random.permuted(np.tile(np.arange(16), (size, 1)), axis=1)[:, :COUNT]
    np.put_along_axis(rows, np.sort(places, axis=1), symbols, axis=1)
    return symbols, rows


def learned(task, said_in, mixer, units, depth, steps, rate=1e-2):
    """The accuracy and the number of weights of blocks of a mixer, after so many steps.

    Args:
        said_in: how many steps there are in which to say the symbols: one, or one for each.
    """
    keras.utils.set_random_seed(0)
    symbols, rows = task(np.random.default_rng(0), 32 * steps + 256)
    rows = np.concatenate([rows, np.full((len(rows), said_in), END)], axis=1)
    read = keras.Input(rows.shape[1:], dtype="int32")
    x = keras.layers.Embedding(SYMBOLS + 2, units)(read)
    for _ in range(depth):
        x = Block(build(MIXERS, mixer, name="mixer"))(x)
    x = keras.layers.LayerNormalization()(x[:, -said_in:])
    x = keras.layers.Dense(COUNT * SYMBOLS // said_in)(x)
    model = keras.Model(read, keras.layers.Reshape((COUNT, SYMBOLS))(x))
    falling = keras.optimizers.schedules.CosineDecay(rate, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(falling, clipnorm=1.0), loss)
    for begin in range(0, 32 * steps, 32):  # `fit` waits for TensorFlow's pipeline at its end.
        model.train_on_batch(rows[begin : begin + 32], symbols[begin : begin + 32])
    answers = model.predict_on_batch(rows[-256:]).argmax(-1)
    return (answers == symbols[-256:]).mean(), model.count_params()


LRU = {"name": "lru", "r_min": 0.99, "r_max": 0.9999, "max_phase": 0.3}
GRU = {"name": "recurrent", "cell": "gru"}


def test_state_spaces_keep_for_500_steps_what_a_gru_of_more_weights_forgets():
    """Of the rates 1e-3, 3e-3, 1e-2, 3e-2 and 1e-1 the GRU has one of its two best.

    It is at 0.42 to 0.57 with these, at chance with the others; the state spaces are at 1.0 with
    1e-2, the one that was tried (seeds 0, 1 and 2).
    """
    s4d, of_s4d = learned(kept, 1, "s4d", units=32, depth=1, steps=200)
    lru, of_lru = learned(kept, 1, LRU, units=32, depth=1, steps=200)
    gru, of_gru = learned(kept, 1, GRU, units=32, depth=1, steps=200, rate=3e-2)
    assert of_gru > max(of_s4d, of_lru)
    assert s4d > 0.95 and lru > 0.95
    assert gru < 0.75


@pytest.mark.parametrize(("mixer", "units"), [("mamba", 32), ("min_gru", 64)])
def test_two_gated_layers_choose_what_they_keep(mixer, units):
    right, _ = learned(chosen, COUNT, mixer, units, depth=2, steps=450)
    assert right > 0.9
