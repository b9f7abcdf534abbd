"""A model of series given its steps one by one says what the whole says of the series so far."""

import json

import keras
import numpy as np
import pytest
from keras import ops

import seqvision
from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.errors import SeqvisionError
from seqvision.exporting.stepwise import Stepwise
from seqvision.exporting.streaming import description, step_model
from seqvision.mixers import MIXERS
from seqvision.runs.prefixes import every_step
from seqvision.zoo import create_model

FEATURES = 6
INPUTS = [
    {"name": "series", "gaps": "hold"},
    {"name": "series", "gaps": "hold", "gap_flags": True, "normalize": "none"},
    {"name": "series", "gap_flags": True, "max_steps": 3},
]
LEARNT_START = {
    "name": "recurrent",
    "cell": {"name": "ntm", "memory_slots": 4, "memory_width": 2, "memory_initial": "learned"},
}
BUILDS = [
    *({"cell": cell} for cell in CELLS.names()),
    *({"wrap": [wrapper]} for wrapper in WRAPPERS.names()),
    *({"pooling": p, "layer_norm": True, "units": [4, 4]} for p in ("mean", "max", "attention")),
    *({"input": each, "cell": "lstm", "pooling": "mean"} for each in INPUTS),
    *(
        {"family": "blocks", "scan": "rows", "mixer": mixer}
        for mixer in MIXERS.names()
        if MIXERS.get(mixer)().is_stepwise
    ),
    {"family": "blocks", "scan": "rows", "norm": "batch", "norm_first": False, "pooling": "last"},
    {"family": "blocks", "scan": "rows", "depth": 1, "mixer": LEARNT_START},
]


FIRST = ("gru", "lstm", "ntm", "phased_lstm", "min_gru", "mamba", "last")
"""One of each kind of state, and what has options of its own; the others are slow."""


def in_turn(options):
    is_first = "input" in options or not {*FIRST}.isdisjoint(map(str, options.values()))
    return pytest.param(options, marks=[] if is_first else pytest.mark.slow)


def series(seed=0):
    """Two series of raw numbers with gaps, `(2, 5, features)`; the second ends a step before."""
    generator = np.random.default_rng(seed)
    batch = generator.normal(50, 20, (2, 5, FEATURES)).astype("float32")
    batch[generator.random(batch.shape) < 0.4] = np.nan
    batch[..., 0] = generator.normal(50, 20, (2, 5))
    batch[1, 4] = np.nan
    return batch


SERIES = series()


def built(family="stacked", **options):
    keras.utils.set_random_seed(1)
    model = create_model(family, (None, FEATURES), 3, **{"units": 4, **options})
    generator = np.random.default_rng(2)
    for weight in model.weights:
        if "moving_variance" not in weight.path:
            weight.assign(weight + generator.normal(0, 0.5, weight.shape))
    model.get_layer("input").adapt(series(1).reshape(-1, FEATURES))
    return model


def so_far(model, steps):
    """What the whole says of the series, cut off after each step."""
    ends = range(1, steps.shape[1] + 1)
    return np.stack([ops.convert_to_numpy(model(steps[:, :end])) for end in ends], axis=1)


def by_steps(model, steps):
    """What a step model says after each; eagerly, as a graph would be traced for nothing."""
    step = step_model(model)
    return Stepwise(step, description(model, step)).after_each_step(steps)


@pytest.mark.parametrize("options", map(in_turn, BUILDS), ids=json.dumps)
def test_every_step_is_what_the_whole_says(options):
    model = built(**options)
    whole = ops.convert_to_numpy(every_step(model)(SERIES))
    steps = whole.shape[1]
    assert np.abs(whole[:, 1:-1] - whole[:, :-2]).max() > 1e-3
    said = by_steps(model, SERIES)
    np.testing.assert_allclose(said[:, :steps], whole, atol=1e-5)
    np.testing.assert_allclose(said[:, -1], model(SERIES), atol=1e-5)


@pytest.mark.parametrize("options", [{}, *({"input": each} for each in INPUTS)], ids=json.dumps)
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_a_step_of_which_nothing_was_observed_counts_once_others_follow(options, pooling):
    steps = SERIES.copy()
    steps[0, [0, 2, 4]] = np.nan  # The first of all, one between others, and the last.
    steps[1, [2, 3]] = np.nan
    model = built(cell="lstm", pooling=pooling, **options)
    said = by_steps(model, steps)
    np.testing.assert_allclose(said, so_far(model, steps), atol=1e-5)
    np.testing.assert_array_equal(said[0, 4], said[0, 3])
    assert np.abs(np.diff(said, axis=1)).max() > 1e-3


def test_a_stream_reads_one_step_or_some_and_begins_anew():
    model = built()
    whole = so_far(model, SERIES)
    stream = seqvision.streaming(model, batch=2)
    np.testing.assert_allclose(stream.step(SERIES[:, 0]), whole[:, 0], atol=1e-5)
    np.testing.assert_allclose(stream.step(SERIES[:, 1:4]), whole[:, 3], atol=1e-5)
    kept, other = stream.state, seqvision.streaming(model, batch=2)
    assert (stream.steps, stream.batch) == (4, 2)
    stream.reset()
    np.testing.assert_allclose(stream.step(SERIES[:, 0]), whole[:, 0], atol=1e-5)
    other.state = kept
    assert other.steps == 4
    np.testing.assert_allclose(other.step(SERIES[:, 4]), whole[:, 4], atol=1e-5)


def test_a_single_series_needs_no_batch_axis_and_a_saved_model_no_loading(tmp_path):
    model = built()
    model.save(tmp_path / "model.keras")
    stream = seqvision.streaming(tmp_path / "model.keras")
    said = [stream.step(list(row))[0] for row in SERIES[0].tolist()]
    np.testing.assert_allclose(said, so_far(model, SERIES)[0], atol=1e-5)


def test_rows_of_an_image_are_steps_until_there_are_no_more():
    images = np.random.default_rng(0).integers(0, 256, (1, 5, 4)).astype("float32")
    model = create_model("stacked", (5, 4), 3, units=[4])
    stream = seqvision.streaming(model)
    np.testing.assert_allclose(stream.step(images), model(images), atol=1e-5)
    with pytest.raises(SeqvisionError, match=r"has 5 steps, and 5 are read; reset\(\)"):
        stream.step(images[:, 0])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"input": {"name": "series", "normalize": "each"}}, "normalize: each takes the mean"),
        ({"input": {"name": "series", "gaps": "linear"}}, "gaps: linear fills a gap up to"),
        (
            {"input": {"name": "series", "max_steps": 3, "keep": "tail"}},
            "keep: tail is known at the end",
        ),
        ({"scan": {"name": "rows", "reverse": True}}, "'scan' .Rows. reads each series from its"),
        ({"family": "bidirectional"}, "reads in both directions"),
        (
            {"family": "blocks", "scan": "rows", "bidirectional": True},
            "'block_1' .Block. looks ahead: it reads in both directions",
        ),
        (
            {"family": "blocks", "scan": "rows", "mixer": "attention"},
            "'block_1' .Block. looks ahead: it mixes each step with later ones",
        ),
        (
            {"family": "blocks", "scan": "rows", "mixer": {"name": "attention", "causal": True}},
            "'block_1' .Block. is not known to work step by step",
        ),
    ],
)
def test_what_looks_ahead_is_refused_with_the_reason(options, why):
    with pytest.raises(SeqvisionError, match=f"^streaming: [^\n]*{why}"):
        seqvision.streaming(built(**options))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (np.zeros((2, 5)), r"expected a step \(2, 6\) or some \(2, steps, 6\), got \(2, 5\)"),
        (np.zeros(6), r"got \(6,\)"),
        (np.zeros((2, 0, 6)), r"got \(2, 0, 6\)"),
        ("steps", "expected numbers, got 'steps'"),
        (np.full((2, 6), np.inf), "an infinite one"),
    ],
)
def test_steps_that_do_not_fit_are_told(given, why):
    stream = seqvision.streaming(built(), batch=2)
    with pytest.raises(SeqvisionError, match=f"^streaming: [^\n]*{why}"):
        stream.step(given)
    assert stream.steps == 0


def test_a_state_or_batch_that_does_not_fit_is_told():
    stream = seqvision.streaming(built(), batch=2)
    for state in ({}, {"steps": 1}, seqvision.streaming(built()).state):
        with pytest.raises(SeqvisionError, match="expected the state of a stream"):
            stream.state = state
    with pytest.raises(SeqvisionError, match="batch: expected a whole number from 1, got 0"):
        seqvision.streaming(built(), batch=0)


def test_large_raw_numbers_keep_their_digits_in_half_precision():
    """They are normalised in float32 before they are rounded."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = create_model("stacked", (None, 1), 2, units=4)
    finally:
        keras.config.set_dtype_policy("float32")
    steps = (1_000_000 + np.arange(4.0)).reshape(1, 4, 1).astype("float32")
    model.get_layer("input").adapt(steps)
    said = by_steps(model, steps)
    np.testing.assert_allclose(said[:, -1], model(steps), atol=0.02)
    assert np.abs(said[:, 1:] - said[:, :-1]).max() > 0.02
