"""Runs over series of unequal length, from raw numbers to a record."""

import keras
import numpy as np
import pytest
from scipy.special import softmax
from slow import all_but

import seqvision
from seqvision.config import load_config
from seqvision.config.train import Augment
from seqvision.data import load
from seqvision.errors import DataError
from seqvision.runs.batches import batches
from seqvision.runs.setup import set_up

_ADAM = {"name": "adam", "learning_rate": 0.01}
LENGTHS = np.random.default_rng(5).integers(4, 30, 300)


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """300 series of two features: slow or fast waves around 1000, with gaps, and a counter."""
    generator = np.random.default_rng(0)
    labels = np.arange(300) % 2
    steps = np.arange(30)
    x = np.full((300, 30, 2), np.nan, "float32")
    for n, (length, label) in enumerate(zip(LENGTHS, labels, strict=True)):
        wave = np.sin((0.4 + 1.2 * label) * steps[:length] + generator.uniform(0, 6))
        x[n, :length, 0] = 1000 + 5 * wave + generator.normal(0, 0.5, length)
        x[n, :length, 1] = steps[:length]
        x[n, : length - 1, 0][generator.random(length - 1) < 0.1] = np.nan
    path = tmp_path_factory.mktemp("data") / "waves.npz"
    np.savez(path, x=x, y=labels)
    return path


def config(waves, model=None, train=None):
    return {
        "name": "waves",
        "data": {"dataset": {"name": "npz", "path": str(waves), "kind": "series"}},
        "model": {"family": "stacked", "units": 16, **(model or {})},
        "train": {"epochs": 12, "batch_size": 16, "optimizer": _ADAM, **(train or {})},
    }


@pytest.fixture(scope="module")
def record(waves, tmp_path_factory):
    return seqvision.run(config(waves), results=tmp_path_factory.mktemp("results"))


def test_a_run_learns_from_raw_numbers(record):
    assert record["metrics"]["test_accuracy"] > 0.9
    data = record["dataset"]
    assert (data["kind"], data["input_shape"]) == ("series", [None, 2])
    assert data["steps"] == {
        "min": LENGTHS.min(),
        "median": np.quantile(LENGTHS, 0.5, method="lower"),
        "max": LENGTHS.max(),
    }
    assert "background" not in data and "cut" not in data
    # A step multiplies kernels of 2×48 and 16×48; the logits 16×2 once.
    mean = record["model"]["flops_per_image"] - 2 * 16 * 2
    assert mean / (2 * (2 + 16) * 48) == pytest.approx(LENGTHS.mean(), abs=1)


def test_layers_within_a_model_adapt_to_what_they_read_of_training_series(waves):
    model = {"family": "mini_rocket", "num_features": 168, "steps": 29}
    with set_up(load_config({**config(waves), "model": model}), 0) as setup:
        series = setup.training.samples.padded()
        standard = setup.model.get_layer("standard")
        features = keras.ops.convert_to_numpy(
            keras.Model(setup.model.input, standard.output)(series)
        )
    varied = keras.ops.convert_to_numpy(standard.scale) > 0
    assert varied.mean() > 0.9  # Biases of white noise would leave many features without any use.
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(features.std(axis=0)[varied], 1, atol=1e-4)


def test_the_model_normalises_by_its_training_part(record, waves):
    model = seqvision.load_model(record.folder)
    dataset = load({"name": "npz", "path": str(waves), "kind": "series"})
    with set_up(load_config(config(waves)), 0) as setup:
        values = setup.training.samples.values
    assert len(values) < len(dataset.train.samples.values)
    layer = model.get_layer("input")
    mean, scale = map(keras.ops.convert_to_numpy, (layer.mean, layer.scale))
    np.testing.assert_allclose(mean, np.nanmean(values, axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(scale, 1 / np.nanstd(values, axis=0, dtype=float), rtol=1e-5)
    # What the record says is what its saved model says, of series one at a time.
    said = [np.argmax(model.predict_on_batch(one[None])) for one in dataset.test.samples]
    right = np.mean(said == dataset.test.labels)
    assert right == pytest.approx(record["metrics"]["test_accuracy"])


def test_it_is_known_how_much_of_a_series_is_needed(record):
    with np.load(record.folder / "prefixes.npz") as arrays:
        right, images, shares = (arrays[key] for key in ("right", "images", "shares"))
    assert right.shape == (20, 2)
    np.testing.assert_allclose(shares, np.arange(1, 21) / 20)
    accuracy = right.sum(axis=1) / images.sum()
    assert accuracy[-1] == pytest.approx(record["metrics"]["test_accuracy"])
    assert accuracy[0] < accuracy[-1]


def test_a_model_that_looks_ahead_has_no_prefixes(waves, tmp_path):
    model = {"input": {"name": "series", "normalize": "each"}}
    record = seqvision.run(config(waves, model, {"epochs": 1}), results=tmp_path)
    assert not (record.folder / "prefixes.npz").exists()


@pytest.mark.slow
def test_going_on_gives_the_same_numbers(waves, tmp_path):
    whole = seqvision.run(config(waves, train={"epochs": 2, "bucket": True}), results=tmp_path)
    parted = config(waves, train={"epochs": 2, "bucket": True, "stop_after": 1})
    seqvision.run(parted, results=tmp_path / "b")
    again = seqvision.run(
        {**parted, "train": {**parted["train"], "stop_after": 2}}, results=tmp_path / "b"
    )
    assert again["metrics"]["test_loss"] == pytest.approx(whole["metrics"]["test_loss"], rel=1e-6)


def test_buckets_hold_like_lengths_and_every_series_once_an_epoch(waves):
    split = load({"name": "npz", "path": str(waves), "kind": "series"}).train

    def epoch(number, bucket):
        steps = -(-len(split) // 16)
        taken = zip(range(steps), batches(split, 16, 0, number, bucket=bucket), strict=False)
        return [samples for _, (samples, _) in taken]

    plain, bucketed, next_epoch = epoch(0, False), epoch(0, True), epoch(1, True)

    def padding(parts):
        return sum(np.isnan(part).all(axis=2).sum() for part in parts)

    assert padding(bucketed) < 0.5 * padding(plain)
    for parts in (plain, bucketed, next_epoch):
        first = np.concatenate([part[:, 0] for part in parts])
        expected = np.array([one[0] for one in split.samples])
        np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(expected, axis=0))
    together = [{one[1] for one in parts[0][:, 0]} for parts in (bucketed, next_epoch)]
    assert [p.shape for p in bucketed] != [p.shape for p in next_epoch]
    del together


@pytest.mark.parametrize("keep", all_but(["head"], ["head", "tail", "window"]))
def test_a_cut_is_made_by_the_model_too(waves, tmp_path, keep):
    model = {"input": {"name": "series", "max_steps": 10, "keep": keep}}
    record = seqvision.run(config(waves, model, {"epochs": 1}), results=tmp_path)
    cut = record["dataset"]["cut"]
    assert cut["series"] == (LENGTHS > 10).sum()
    assert cut["share_of_steps"] == pytest.approx(np.maximum(LENGTHS - 10, 0).sum() / LENGTHS.sum())
    dataset = load({"name": "npz", "path": str(waves), "kind": "series"})
    whole = np.asarray(dataset.test.samples)
    saved = seqvision.load_model(record.folder)
    probabilities = softmax(saved.predict(whole, verbose=0), axis=1)
    with np.load(record.folder / "predictions.npz") as arrays:
        np.testing.assert_allclose(probabilities, arrays["probabilities"], atol=1e-5)
    one = dataset.test.samples[int(np.argmax(dataset.test.samples.lengths))]
    kept = {"head": one[:10], "tail": one[-10:], "window": one[(len(one) - 10) // 2 :][:10]}[keep]
    kept, whole = (keras.ops.convert_to_numpy(saved(x[None])) for x in (kept, one))
    np.testing.assert_allclose(kept, whole, atol=1e-5)


def test_random_windows_in_training(waves):
    split = load({"name": "npz", "path": str(waves), "kind": "series"}).train
    first, second = (next(batches(split, 240, 0, epoch, window=6))[0] for epoch in (0, 1))
    assert first.shape == (240, 6, 2)
    starts = {round(float(s)) for part in (first, second) for s in np.nanmin(part[:, :, 1], axis=1)}
    assert min(starts) == 0 and max(starts) > 15


def test_nothing_observed_in_what_is_kept(tmp_path):
    x = np.full((20, 9, 1), np.nan)
    x[:, 5:] = 1
    x[::2, 5] = 2
    np.savez(tmp_path / "late.npz", x=x, y=np.arange(20) % 2)
    asked = config(tmp_path / "late.npz", {"input": {"name": "series", "max_steps": 4}})
    with pytest.raises(DataError, match="max_steps: nothing was observed in the head of 4 steps"):
        seqvision.run(asked, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_scan_that_series_of_any_length_do_not_have(waves, tmp_path):
    with pytest.raises(seqvision.SeqvisionError, match="read step by step"):
        seqvision.run(config(waves, {"scan": "columns"}), results=tmp_path)
    with pytest.raises(seqvision.SeqvisionError, match="conv_lstm reads images"):
        asked = config(waves)
        seqvision.run({**asked, "model": {"family": "conv_lstm"}}, results=tmp_path)


def test_series_are_changed_in_training(waves):
    split = load({"name": "npz", "path": str(waves), "kind": "series"}).train
    plain, jittered = (
        next(batches(split, 16, 0, augment=augment))[0] for augment in (None, Augment(jitter=0.1))
    )
    np.testing.assert_array_equal(np.isnan(plain), np.isnan(jittered))
    assert not np.array_equal(plain, jittered, equal_nan=True)


def test_a_change_of_images_is_refused_before_anything_is_written(waves, tmp_path):
    asked = config(waves, train={"augment": {"rotate": 10}})
    with pytest.raises(seqvision.SeqvisionError, match=r"augment\.rotate: is for images"):
        seqvision.run(asked, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_answers_come_in_order_and_long_series_by_few(waves, record, monkeypatch):
    from seqvision.data import like_lengths
    from seqvision.runs import predict

    model = seqvision.load_model(record.folder)
    series = load({"name": "npz", "path": str(waves), "kind": "series"}).train.samples
    expected = np.concatenate([model.predict_on_batch(one[None]) for one in series])
    monkeypatch.setattr(like_lengths, "_MOST_STEPS", 200)
    taken = [index for index, *_ in predict.parts(model, series)]
    assert max(len(index) * series.lengths[index].max() for index in taken) <= 200
    np.testing.assert_allclose(predict.logits(model, series), expected, atol=1e-5)
