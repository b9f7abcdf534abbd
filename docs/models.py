"""Measures what docs/models.md shows of each mixer: how far back it reaches, and what it costs.

`python docs/models.py reach` draws docs/models.svg; `python docs/models.py costs` times every mixer
in turn, five rounds, and writes the table (ten minutes, on a machine with nothing else to do);
`python docs/models.py lengths` times some of them over more and more steps, each in a process of
its own, and writes that table.
"""

import re
import resource
import statistics
import subprocess
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
    _write("costs", lines)


LENGTHS = [784, 3136, 16384]
LONG = ["min_gru", "lru", "s4d", "s5", "rg_lru", "retention", "keras.layers.GRU"]


def lengths(batch: int = 4, rounds: int = 5) -> None:
    """Time forward and backward over more and more steps, and see what memory they take."""
    lines = [
        "| one layer | µs a step: "
        + " | ".join(f"{steps:,} steps" for steps in LENGTHS)
        + " | MB: "
        + " | ".join(f"{steps:,} steps" for steps in LENGTHS)
        + " |",
        "|" + "---|" * (1 + 2 * len(LENGTHS)),
    ]
    for name in LONG:
        microseconds, megabytes = [], []
        for steps in LENGTHS:
            command = [sys.executable, __file__, "one", name, str(batch), str(steps), str(rounds)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            seconds, memory = map(float, done.stdout.split())
            microseconds.append(f"{1e6 * seconds / steps:,.0f}")
            megabytes.append(f"{memory:,.0f}")
        lines.append(f"| {name} | {' | '.join([*microseconds, *megabytes])} |")
        print(lines[-1], flush=True)
    _write("lengths", lines)


def one(name: str, batch: str, steps: str, rounds: str, features: int = 128) -> None:
    """Print the median seconds of a step of training, and by how many MB memory peaked in them."""
    spec = keras.layers.GRU(features, return_sequences=True) if "." in name else SPECS[name]
    _, call = _training_step(spec, (int(batch), int(steps), features))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()
    seconds = []
    for _ in range(int(rounds)):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(statistics.median(seconds), (peak - before) / 1024)


def _write(mark: str, lines: list[str]) -> None:
    """Put a table into the page, where its mark is."""
    page = HERE / "models.md"
    text, table = page.read_text(encoding="utf-8"), "\n".join(lines)
    place = rf"(<!-- {mark} -->\n).*?(<!-- -->)"
    page.write_text(re.sub(place, rf"\g<1>\n{table}\n\n\2", text, flags=re.S), encoding="utf-8")


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
    do, *given = sys.argv[1:]
    {"reach": reach, "costs": costs, "lengths": lengths, "one": one}[do](*given)
