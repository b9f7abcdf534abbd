"""Measures what docs/models.md shows of each mixer: how far back it reaches, and what it costs.

`python docs/models.py reach` draws docs/models.svg; `python docs/models.py costs` times every mixer
in turn, five rounds, and writes the table (ten minutes, on a machine with nothing else to do).
"""

import re
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

import altair as alt
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from seqvision.mixers import MIXERS
from seqvision.specs import build

HERE = Path(__file__).parent
CELLS = {f"{cell} (recurrent)": {"name": "recurrent", "cell": cell} for cell in ("gru", "lstm")}
SPECS = {**{name: name for name in MIXERS.names() if name != "recurrent"}, **CELLS}
SPECS["attention"] = {"name": "attention", "causal": True}
SPECS["lmu"] = {"name": "lmu", "theta": 784}


def reach(features: int = 64, steps: int = 1024) -> None:
    """Draw how much the last output of an untrained layer moves with the input of each step."""
    rows = []
    edges = [0, *(2**n for n in range(11))]
    for name, spec in SPECS.items():
        keras.utils.set_random_seed(0)
        layer = build(MIXERS, spec)
        x = tf.random.normal((8, steps, features), seed=0)
        layer.build(x.shape)
        with tf.GradientTape() as tape:
            tape.watch(x)
            last = tf.reduce_sum(layer(x, training=True)[:, -1] * tf.random.normal((8, features)))
        by_lag = tf.norm(tape.gradient(last, x), axis=-1).numpy().mean(axis=0)[::-1]
        found = [by_lag[a:b].mean() for a, b in pairwise(edges)]
        for n, each in enumerate(found):
            share = np.log10(max(each / max(found), 1e-9))
            rows.append({"mixer": name, "back": f"{edges[n]:,}", "n": n, "share": float(share)})
    order = pd.DataFrame(rows).groupby("mixer")["share"].mean().sort_values(ascending=False)
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_rect()
        .encode(
            alt.X("back:O", sort=alt.SortField("n"), title="steps back, from so many to the next"),
            alt.Y("mixer:N", sort=list(order.index), title=None),
            alt.Color(
                "share:Q", title="log10 of its share", scale=alt.Scale(domain=[-6, 0], clamp=True)
            ),
        )
    )
    chart.properties(width=420).save(HERE / "models.svg")


def costs(features: int = 128, steps: int = 784, batch: int = 64, rounds: int = 5) -> None:
    """Time forward and backward of one layer, each mixer in turn, and write the table."""
    calls = {name: _training_step(spec, (batch, steps, features)) for name, spec in SPECS.items()}
    calls["keras.layers.GRU"] = _training_step(
        keras.layers.GRU(features, return_sequences=True), (batch, steps, features)
    )
    seconds = {name: [] for name in calls}
    for round in range(rounds + 1):
        for name, (_, call) in calls.items():
            begun = time.perf_counter()
            call()
            if round:  # The first makes the graph.
                seconds[name].append(time.perf_counter() - begun)
    lines = ["| one layer | parameters | ms |", "|---|---|---|"]
    for name in sorted(calls, key=lambda name: statistics.median(seconds[name])):
        milliseconds = 1e3 * statistics.median(seconds[name])
        lines.append(f"| {name} | {calls[name][0].count_params():,} | {milliseconds:,.0f} |")
    page = HERE / "models.md"
    text = page.read_text(encoding="utf-8")
    table = "\n".join(lines)
    text = re.sub(r"(<!-- costs -->\n).*?(<!-- -->)", rf"\g<1>\n{table}\n\n\2", text, flags=re.S)
    page.write_text(text, encoding="utf-8")


def _training_step(spec, shape):
    layer = spec if isinstance(spec, keras.Layer) else build(MIXERS, spec)
    layer.build(shape)
    x = tf.random.normal(shape)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, training=True) ** 2)
        return [tf.reduce_sum(d) for d in tape.gradient(loss, layer.trainable_variables)]

    return layer, lambda: [each.numpy() for each in step()]


if __name__ == "__main__":
    {"reach": reach, "costs": costs}[sys.argv[1]]()
