"""The contenders do the same work, and what was measured is summed up rightly."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from slow import all_but

from seqvision.bench import rounds
from seqvision.bench.ceiling import products
from seqvision.bench.contenders import CONTENDERS, CannotDo
from seqvision.bench.measure import reference
from seqvision.bench.record import read_records
from seqvision.bench.work import Work, work_of
from seqvision.config import load_config
from seqvision.config.schema import check_model
from seqvision.data.loading import load
from seqvision.errors import RunFailed, SeqvisionError


def work(**model):
    model = check_model({"family": "stacked", "units": [6, 5], **model})
    return Work("small", model, "rmsprop", "float32", 4, (7, 5), 3)


def weights_and_logits(asked, path):
    reference(asked, path)
    with np.load(path) as archive:
        count = len(archive.files) - 1
        return [archive[f"weight_{i}"] for i in range(count)], archive["logits"]


def built_weights(asked):
    from seqvision.families.build import build_family

    return build_family(asked.model, asked.input_shape, asked.num_classes).get_weights()


@pytest.fixture(autouse=True)
def _settings_end_with_the_test(monkeypatch):
    """A contender takes its turn at the process's settings for as long as its process lives."""
    with ExitStack() as ends:
        module = SimpleNamespace(register=ends.callback)
        monkeypatch.setattr("seqvision.bench.contenders.ours.atexit", module)
        yield


@pytest.mark.parametrize(
    ("name", "cell", "scan"),
    [  # Each pair of two.
        ("seqvision", "gru", "columns"),
        ("layers", "lstm", "columns"),
        ("harness", "gru", "rows"),
        ("bare", "lstm", "rows"),
        ("tf1", "gru", "rows"),
        ("torch", "lstm", "rows"),
        *all_but(
            [],
            [
                ("seqvision", "lstm", "rows"),
                ("layers", "gru", "rows"),
                ("keras-unrolled", "gru", "columns"),
                ("keras-unrolled", "lstm", "rows"),
                ("tf1", "lstm", "columns"),
                ("torch", "gru", "columns"),
            ],
        ),
    ],
)
def test_a_contender_answers_as_keras_does_and_learns(name, cell, scan, tmp_path):
    if name == "torch":
        pytest.importorskip("torch")
    asked = rounds._as_done_by(name, work(cell=cell, scan=scan, dropout=0.2))
    weights, logits = weights_and_logits(asked, tmp_path / "reference.npz")
    # Of the weights that Keras draws, biases are zero: a swap of two would not show.
    generator = np.random.default_rng(0)
    weights = [w + generator.normal(0, 0.3, w.shape).astype("float32") for w in weights]
    images, _ = asked.batch()
    expected = CONTENDERS.get("keras")(asked, weights).predict(images)
    assert np.abs(expected - logits).max() > 0.05
    contender = CONTENDERS.get(name)(asked, weights)
    np.testing.assert_allclose(contender.predict(images), expected, atol=1e-4)
    ends = contender.fit(3)
    assert len(ends) == 3 and ends == sorted(ends)
    assert np.abs(contender.predict(images) - expected).max() > 1e-5


def series_work(**model):
    return replace(work(**model), input_shape=(None, 5), steps=7)


@pytest.mark.parametrize("name", all_but(["seqvision", "torch"], ["seqvision", "layers", "torch"]))
@pytest.mark.parametrize("normalize", all_but(["train"], ["train", "none"]))
def test_a_contender_answers_series_as_keras_does_and_learns(name, normalize, tmp_path):
    if name == "torch":
        pytest.importorskip("torch")
    asked = series_work(cell="lstm", input={"name": "series", "normalize": normalize})
    assert asked.batch()[0].shape == (4, 7, 5)
    weights, _ = weights_and_logits(asked, tmp_path / "reference.npz")
    generator = np.random.default_rng(0)
    weights = [w + generator.normal(0, 0.3, w.shape).astype("float32") for w in weights]
    series, _ = asked.batch()
    expected = CONTENDERS.get("keras")(asked, weights).predict(series)
    contender = CONTENDERS.get(name)(asked, weights)
    np.testing.assert_allclose(contender.predict(series), expected, atol=1e-4)
    contender.fit(3)
    assert np.abs(contender.predict(series) - expected).max() > 1e-5


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("tf1", {}),
        ("keras-unrolled", {}),
        ("torch", {"input": {"name": "series", "normalize": "each"}}),
        ("torch", {"input": {"name": "series", "gap_flags": True}}),
    ],
)
def test_a_contender_says_what_it_cannot_do_of_series(name, model):
    if name == "torch":
        pytest.importorskip("torch")
    with pytest.raises(CannotDo):
        CONTENDERS.get(name)(series_work(**model), [])


def test_the_products_of_series_are_those_of_their_steps():
    def counted(asked):
        return sum(m * k * n * count for (m, k, n), count in products(asked))

    assert counted(series_work()) == counted(work())


def blocks_work(mixer):
    return work(family="blocks", mixer=mixer, units=6, depth=2, scan="rows")


@pytest.mark.slow
def test_keras_own_gru_takes_the_place_of_mixers(tmp_path):
    import keras

    from seqvision.bench.contenders.keras import twin

    asked = rounds._as_done_by("keras-gru", blocks_work("min_gru"))
    mixer = twin(asked).get_layer("block_1").mixer
    assert type(mixer.layer) is keras.layers.GRU and mixer.layer.units == 6
    weights, logits = weights_and_logits(asked, tmp_path / "reference.npz")
    images, _ = asked.batch()
    theirs = CONTENDERS.get("keras-gru")(asked, weights)
    np.testing.assert_allclose(theirs.predict(images), logits, atol=1e-5)
    ours = CONTENDERS.get("layers")(asked, weights)
    np.testing.assert_allclose(ours.predict(images), logits, atol=1e-4)
    assert "not called yet" not in (ours.path() or "not called yet")
    theirs.fit(3)
    assert np.abs(theirs.predict(images) - logits).max() > 1e-5


def test_what_mixers_have_none_of_is_said():
    from seqvision.bench.ceiling import ceiling

    with pytest.raises(CannotDo, match="has no mixers"):
        CONTENDERS.get("keras-gru")(work(), [])
    with pytest.raises(CannotDo, match="multiplies its state"):
        ceiling(blocks_work("lru"))
    for name in ("tf1", "torch"):
        if name == "torch":
            pytest.importorskip("torch")
        with pytest.raises(CannotDo):
            CONTENDERS.get(name)(blocks_work("lru"), [])


@pytest.mark.slow
@pytest.mark.tensorflow
def test_an_exported_model_answers_as_keras_does_and_does_not_train(tmp_path):
    """Each format is a file tested elsewhere; the process that exports takes seconds to begin."""
    asked = work(cell="gru", dropout=0.2, units=[6])
    weights, logits = weights_and_logits(asked, tmp_path / "reference.npz")
    contender = CONTENDERS.get("onnx")(asked, weights)
    assert contender.fit is None and not rounds.trains("onnx")
    np.testing.assert_allclose(contender.predict(asked.batch()[0]), logits, atol=1e-5)
    assert np.abs(logits).max() > 1e-3


@pytest.mark.tensorflow
def test_an_exported_model_of_series_answers_as_keras_does(tmp_path, monkeypatch):
    from seqvision.bench.contenders import exported

    monkeypatch.setattr(exported, "ProcessPoolExecutor", lambda n, **_: ThreadPoolExecutor(n))
    asked = series_work(units=[6])
    weights, logits = weights_and_logits(asked, tmp_path / "reference.npz")
    contender = CONTENDERS.get("onnx")(asked, weights)
    np.testing.assert_allclose(contender.predict(asked.batch()[0]), logits, atol=1e-5)


@pytest.mark.tensorflow
def test_work_that_a_format_cannot_do_is_said(monkeypatch):
    from seqvision.bench.contenders import exported

    def refuse(*_):
        raise SeqvisionError("export to onnx: it cannot")

    monkeypatch.setattr("seqvision.exporting.api.export", refuse)
    asked = work(units=[6])
    with pytest.raises(CannotDo, match="it cannot"):
        exported._export("onnx", asked, built_weights(asked), Path("model.onnx"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("tf1", {"cell": "simple_rnn"}),
        ("tf1", {"pooling": "max"}),
        ("torch", {"layer_norm": True}),
        ("torch", {"scan": "pixels"}),
    ],
)
def test_a_contender_says_what_it_cannot_do(name, model):
    if name == "torch":
        pytest.importorskip("torch")
    with pytest.raises(CannotDo):
        CONTENDERS.get(name)(work(**model), [])


def test_the_products_are_those_of_the_model():
    """Forward, twice that backward: three times the products that FLOPs are counted from."""
    from seqvision.families import FAMILIES
    from seqvision.runs.flops import flops_per_image

    for model in ({"cell": "lstm"}, {"family": "bidirectional", "cell": "gru"}):
        asked = work(**model)
        options = {key: value for key, value in asked.model.items() if key != "family"}
        built = FAMILIES.get(asked.model["family"])((7, 5), 3, **options)
        dense = 2 * built.get_layer("logits").kernel.shape[0] * 3
        flops = sum(2 * m * k * n * count for (m, k, n), count in products(asked))
        assert flops == 3 * 4 * (flops_per_image(built) - dense)


@pytest.mark.tensorflow
def test_the_ceiling_is_the_peak_of_all_cores_or_else_what_tensorflow_reaches(monkeypatch):
    from seqvision.bench import ceiling
    from seqvision.native import core

    asked = work(cell="lstm")
    native = SimpleNamespace(sv_peak=lambda seconds: 1e9)
    monkeypatch.setattr(core, "load", lambda: native)
    monkeypatch.setattr(core, "hindrance", lambda: None)
    monkeypatch.setattr(ceiling, "available_cores", lambda: 3)
    found = ceiling.ceiling(asked)
    # Of an image: 7 steps, a kernel of 5 × 24 and 6 × 24, then of 6 × 20 and 5 × 20, three times.
    flops = 3 * 2 * 7 * (5 * 24 + 6 * 24 + 6 * 20 + 5 * 20)
    assert found["train_images_per_second"] == pytest.approx(3e9 / flops)
    assert found["peak_flops_per_core"] == 1e9
    monkeypatch.setattr(core, "hindrance", lambda: "there is no compiler")
    monkeypatch.setattr(ceiling, "_seconds_in_tensorflow", lambda _: 0.5)
    assert ceiling.ceiling(asked) == {"train_images_per_second": 8}
    monkeypatch.setattr("seqvision.devices.accelerator", lambda: "a GPU")
    monkeypatch.setattr(ceiling, "_peak_of_large_products", lambda: 1e12)
    of_gpu = {"train_images_per_second": pytest.approx(1e12 / flops), "peak_flops": 1e12}
    assert ceiling.ceiling(asked) == of_gpu


def test_large_products_are_timed_as_often_as_they_are_done():
    from seqvision.bench.ceiling import _peak_of_large_products as peak

    few, many = peak(256, times=2), peak(256, times=40)
    assert many / 30 < few < 30 * many and many > 1e8


def test_half_precision_is_held_to_ours_in_float32():
    half = replace(work(), precision="mixed_bfloat16")
    assert rounds._as_done_by("layers-float32", half).precision == "float32"
    assert rounds._as_done_by("layers", half) == half


def test_pytorchs_layers_train_within_keras_on_its_backend_alone(tmp_path):
    import keras

    asked = work(cell="lstm", dropout=0.2)
    weights, logits = weights_and_logits(asked, tmp_path / "reference.npz")
    if keras.backend.backend() != "torch":
        with pytest.raises(CannotDo, match="KERAS_BACKEND=torch"):
            CONTENDERS.get("torch-in-keras")(asked, weights)
        return
    contender = CONTENDERS.get("torch-in-keras")(asked, weights)
    images, _ = asked.batch()
    np.testing.assert_allclose(contender.predict(images), logits, atol=1e-5)
    assert len(contender.fit(3)) == 3
    assert np.abs(contender.predict(images) - logits).max() > 1e-5


def test_ours_says_which_way_it_ran(tmp_path):
    asked = work(family="bidirectional", cell="lstm")
    contender = CONTENDERS.get("layers")(asked, built_weights(asked))
    contender.predict(asked.batch()[0])
    said = contender.path()
    assert (
        said and "not called yet" not in said and len(set(said.split("; "))) == said.count("; ") + 1
    )


def test_ratios_are_taken_within_a_round():
    def row(rate):
        return {**dict.fromkeys(rounds.FIGURES, 1.0), "train_images_per_second": rate}

    found = {
        "ours": [{**row(rate), "difference": 0.0} for rate in (100, 300, 200)],
        "theirs": [{**row(rate), "difference": 0.0} for rate in (50, 100, 200)],
        "ceiling": [{"train_images_per_second": rate} for rate in (400, 400, 400)],
    }
    summed = rounds.summary(work(), ["ours", "theirs"], found, {})
    theirs = summed["contenders"]["theirs"]["train_images_per_second"]
    assert (theirs["median"], theirs["min"], theirs["max"]) == (100, 50, 200)
    assert theirs["ratio"] == {"median": 2, "min": 1, "max": 3}
    assert summed["ceiling"]["share"]["median"] == 0.5


def test_several_are_each_held_to_the_first_of_the_others():
    def row(seconds, **more):
        return {
            "inference_images_per_second": 1 / seconds,
            "latency_milliseconds": seconds,
            "peak_memory_mb": 1.0,
            "difference": 0.0,
            **more,
        }

    found = {
        "onnx": [row(1.0), row(2.0), row(1.0)],
        "litert": [],
        "keras": [row(4.0), row(4.0), row(8.0)],
        "ceiling": [],
    }
    cannot = {"litert": "it is not installed"}
    summed = rounds.summary(work(), ["onnx", "litert", "keras"], found, cannot, held=2)
    onnx = summed["contenders"]["onnx"]
    assert onnx["latency_milliseconds"]["ratio"] == {"median": 0.25, "min": 0.125, "max": 0.5}
    assert onnx["inference_images_per_second"]["ratio"]["median"] == 4
    assert "train_images_per_second" not in onnx and "ceiling" not in summed
    assert summed["contenders"]["litert"] == {"cannot": "it is not installed"}
    assert summed["rounds"] == 3


def test_other_work_is_refused():
    with pytest.raises(RunFailed, match="does not do the same work"):
        rounds._check_same_work("theirs", {"difference": 0.5}, work())
    half = {"difference": 0.005}  # As products of ten bits make it.
    with pytest.raises(RunFailed):
        rounds._check_same_work("theirs", half, work())
    rounds._check_same_work("theirs", half, work(), on_accelerator=True)
    with pytest.raises(RunFailed, match="does not do the same work"):
        rounds._check_same_work("theirs", {"difference": float("nan")}, work())


def test_the_work_of_a_config_travels_as_json():
    asked = work_of(load_config("digits_gru"))
    assert asked.input_shape == (8, 8) and asked.optimizer == "adam"
    assert Work.from_json(json.loads(json.dumps(asked.as_json()))) == asked


@pytest.mark.slow
def test_series_have_the_steps_that_are_asked_for_or_the_median_of_the_data():
    asked = work_of(load_config("outlines"))
    lengths = load("digit-outlines").train.series.lengths
    assert asked.input_shape == (None, 3) and asked.steps == round(np.median(lengths))
    assert work_of(load_config("outlines"), 9).steps == 9
    with pytest.raises(SeqvisionError, match="--steps is of series"):
        work_of(load_config("digits_gru"), 9)


@pytest.mark.slow
def test_the_command_measures_in_processes_of_their_own(tmp_path, capsys, monkeypatch):
    import sys

    from seqvision.cli import main

    arguments = ["bench", "digits_gru", "--rounds", "1", "--seconds", "0.1", "--json"]
    arguments += ["-o", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["seqvision", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert read_records(tmp_path) == [found]
    assert found["environment"]["processor"]["cores"] == found["cores"]
    assert found["contenders"]["seqvision"]["path"]
    assert list(found["contenders"]) == ["seqvision", "keras"]
    for row in found["contenders"].values():
        assert all(row[figure]["median"] > 0 for figure in rounds.FIGURES)
    assert 0 < found["ceiling"]["share"]["median"] < 1


@pytest.mark.exhaustive
@pytest.mark.tensorflow
def test_the_command_holds_exported_models_to_keras(capsys, monkeypatch):
    import sys

    from seqvision.cli import main

    arguments = ["bench", "digits_gru", "--rounds", "1", "--seconds", "0.1", "--json"]
    arguments += ["--as", "onnx,litert,openvino,saved_model"]
    monkeypatch.setattr(sys, "argv", ["seqvision", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert list(found["contenders"]) == ["onnx", "litert", "openvino", "saved_model", "keras"]
    for row in found["contenders"].values():
        assert row["difference"] < 1e-4 and "train_images_per_second" not in row
        for figure in ("inference_images_per_second", "latency_milliseconds", "peak_memory_mb"):
            assert row[figure]["ratio"]["median"] > 0
    assert "ceiling" not in found and found["cores"] >= 1
