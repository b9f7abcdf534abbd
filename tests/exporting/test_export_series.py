"""Models of series as files: raw numbers of any length with gaps in, Keras's logits out."""

import json

import keras
import numpy as np
import pytest
from slow import all_but

import seqvision
from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.exporting import parity
from seqvision.exporting.formats import FORMATS
from seqvision.exporting.series import random_series
from seqvision.exporting.stepwise import Stepwise, from_json
from seqvision.presets.facts import Facts, add_to_archive
from seqvision.zoo import create_model

pytestmark = pytest.mark.tensorflow

FEATURES = 3
MODELS = {
    "plain": ("stacked", {"cell": "gru"}),
    "looks ahead": (
        "bidirectional",
        {
            "cell": "lstm",
            "pooling": "attention",
            "input": {"name": "series", "normalize": "each", "gaps": "linear", "gap_flags": True},
        },
    ),
    "convolutions": ("conv_rnn", {"filters": [4], "input": {"name": "series", "gaps": "hold"}}),
    "keras's loop": ("stacked", {"cell": "ntm", "scan": {"name": "rows", "reverse": True}}),
    "cut": (
        "stacked",
        {"pooling": "max", "input": {"name": "series", "max_steps": 5, "keep": "tail"}},
    ),
}
ANY_NUMBER = ["onnx", "openvino", "saved_model"]


def built(name):
    family, options = MODELS[name]
    if options.get("cell") == "ntm":
        options = {**options, "cell": {"name": "ntm", "memory_slots": 4}}
    return with_random_weights(create_model(family, (None, FEATURES), 3, units=[4], **options))


def with_random_weights(model):
    generator = np.random.default_rng(2)
    model.set_weights([w + generator.normal(0, 0.3, w.shape) for w in model.get_weights()])
    model.get_layer("input").adapt(some_series().values)
    return model


def some_series():
    """Series of 1 to 20 steps around 1000, with gaps and steps of which nothing was observed."""
    generator = np.random.default_rng(3)
    made = []
    for length in (20, 1, 7, 12, 3):
        one = generator.normal(1000, 20, (length, FEATURES))
        one[generator.random(one.shape) < 0.3] = np.nan
        one[length // 2] = np.nan
        one[-1] = 1001
        made.append(one)
    return Series.of(made)


def file_for(name, folder):
    return folder / f"model{FORMATS.entry(name).card['ending']}"


def answered(name, path, batch):
    (answers,) = FORMATS.get(name)().run(path)({"series": batch}).values()
    return answers


IN_TURN = {
    "onnx": MODELS,
    "openvino": ["plain", "convolutions", "cut"],
    "saved_model": ["plain", "convolutions"],
    "litert": ["plain", "looks ahead", "keras's loop"],
}
"""Each model in two formats and each format with two models; the others are for `-m exhaustive`."""
FIRST = {"onnx": "plain", "litert": "plain", "openvino": "plain"}
"""Of these one for a format; the others are slow."""


def marks_of(name, format):
    slow = [] if FIRST.get(format) == name else [pytest.mark.slow]
    return slow if name in IN_TURN[format] else [pytest.mark.exhaustive]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        pytest.param(name, format, marks=marks_of(name, format))
        for format in IN_TURN
        for name in MODELS
    ],
)
def test_raw_series_in_and_keras_logits_out(name, format, tmp_path):
    model, path, series = built(name), file_for(format, tmp_path), some_series()
    steps = None if format in ANY_NUMBER else 20
    said = seqvision.export(model, path, format, steps=steps)
    assert said["parity"]["largest_difference"] < 1e-5
    batches = [series] if steps else [series, series[1:2], series[[2, 4]]]
    for some in batches:
        found = answered(format, path, some.padded(steps))
        np.testing.assert_allclose(found, model(some.padded()), atol=1e-5)


def test_the_sidecar_says_how_series_are_given(tmp_path):
    said = seqvision.export(built("convolutions"), tmp_path / "m.onnx", batch=2)
    written = json.loads((tmp_path / "m.onnx.json").read_text())
    told = written["preprocessing"]
    assert (written["kind"], written["input_shape"]) == ("series", [None, FEATURES])
    assert (told["input"], told["absent"]) == ("series", "NaN")
    assert (told["layout"], told["shape"]) == (["batch", "step", "feature"], [2, None, FEATURES])
    assert "a filling of gaps (hold)" in told["inside"]
    assert said["parity"]["random"] == "10 of series of unequal length with gaps"


@pytest.mark.slow
def test_steps_of_one_number_are_padded_and_many_run_in_a_loop(tmp_path):
    model, series = built("plain"), some_series()
    for format, steps in (("onnx", 30), ("litert", 70)):
        path = file_for(format, tmp_path)
        said = seqvision.export(model, path, steps=steps)
        assert said["preprocessing"]["shape"][1] == steps
        batch = series.padded(steps)
        given = [batch] if said["batch"] == "any" else batch[:, None]
        found = np.concatenate([answered(format, path, each) for each in given])
        np.testing.assert_allclose(found, model(series.padded()), atol=1e-5)


def test_what_cannot_be_is_told_with_what_to_do(tmp_path):
    images = create_model("stacked", (3, 4), 3, units=[4])
    plain = built("plain")
    for model, options, message in (
        (plain, {}, "LiteRT takes series of one number of steps: give --steps N"),
        (plain, {"steps": 0}, "steps: expected a whole number from 1"),
        (images, {"steps": 9}, r"steps: a number is for a model of series .* takes \(3, 4\)"),
        (plain, {"steps": 9, "streaming": True}, "a model of one step reads series of any number"),
        (plain, {"steps": 9, "weights": "int8"}, "int8 is tried on the model's own test series"),
        (built("looks ahead"), {"streaming": True}, "normalize: each takes the mean of the whole"),
    ):
        with pytest.raises(SeqvisionError, match=message):
            seqvision.export(model, tmp_path / "m.tflite", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_mistakes_padding_is_not_kept(tmp_path, monkeypatch):
    """As if a runtime took NaN for a number: it would show in unequal series alone."""
    monkeypatch.setattr(parity, "_parts", _with_zeros_for_nan(parity._parts))
    with pytest.raises(SeqvisionError, match=r"differs from Keras on random series \d"):
        seqvision.export(built("plain"), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def _with_zeros_for_nan(parts):
    def changed(answer, *given):
        return parts(lambda batch: answer(np.nan_to_num(batch)), *given)

    return changed


def test_random_series_are_spread_as_what_the_model_was_trained_on():
    model = built("plain")
    series = random_series(model.get_layer("input"), FEATURES, 200, 30)
    assert (series.lengths.min(), series.lengths.max()) == (1, 30)
    training = some_series().values
    mean = np.nanmean(training, axis=0)
    np.testing.assert_allclose(np.nanmean(series.values, axis=0), mean, atol=2)
    deviation = np.nanstd(series.values, axis=0) / np.nanstd(training, axis=0)
    np.testing.assert_allclose(deviation, 1, atol=0.1)
    assert np.isnan(series.values).all(axis=1).any() and np.isnan(series.values).mean() > 0.2


@pytest.mark.slow
def test_real_series_are_those_of_the_models_own_test(tmp_path):
    data = {"name": "npz", "path": str(tmp_path / "waves.npz"), "kind": "series"}
    series = some_series()[np.arange(100) % 5]
    np.savez(tmp_path / "waves.npz", x=series.padded(), y=np.arange(100) % 3)
    model = built("plain")
    model.save(tmp_path / "m.keras")
    facts = Facts((None, FEATURES), ("a", "b", "c"), "series", data=data)
    add_to_archive(tmp_path / "m.keras", facts)
    said = seqvision.export(tmp_path / "m.keras", tmp_path / "m.onnx", weights="float16")
    count = said["accuracy"]["images"]
    assert 0 < count < 100
    assert said["parity"]["real"].endswith("of the test series of npz:waves.npz")
    assert abs(said["accuracy"]["file"] - said["accuracy"]["keras"]) < 0.1
    # Of one number of steps: those that have no more.
    said = seqvision.export(tmp_path / "m.keras", tmp_path / "m.tflite", steps=12, weights="int8")
    assert 0 < said["accuracy"]["images"] < count


@pytest.mark.parametrize("format", all_but(["onnx"], FORMATS.names()))
def test_an_exported_step_reads_raw_steps_with_gaps(format, tmp_path):
    keras.utils.set_random_seed(1)
    reads = {"name": "series", "gaps": "hold", "gap_flags": True, "max_steps": 15}
    model = with_random_weights(
        create_model("stacked", (None, FEATURES), 3, units=[4], pooling="mean", input=reads)
    )
    path = file_for(format, tmp_path)
    said = seqvision.export(model, path, format, streaming=True)
    assert said["parity"]["largest_difference"] < 1e-5
    assert said["preprocessing"]["layout"] == ["batch", "feature"]
    sidecar = json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
    run = FORMATS.get(format)().run(path)
    stepwise = Stepwise(run, from_json(sidecar["streaming"], "sidecar"))
    found = stepwise.after_each_step(some_series().padded())
    for end in (1, 8, 15, 20):
        expected = model(some_series().padded()[:, :end])
        np.testing.assert_allclose(found[:, end - 1], expected, atol=1e-5)
