"""What the input of series does, held to pandas, NumPy and scikit-learn."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

import seqvision
from seqvision.errors import SeqvisionError
from seqvision.families.stacked import stacked
from seqvision.inputs.series import SeriesInput, series
from seqvision.layers.pooling import POOLINGS

LENGTHS = (9, 1, 5)


def with_gaps(seed=0):
    """Three series `(9, 4)` of unequal length, with gaps; the last feature was never observed."""
    generator = np.random.default_rng(seed)
    batch = generator.normal(50, 20, (3, 9, 4)).astype("float32")
    batch[generator.random(batch.shape) < 0.4] = np.nan
    batch[..., 3] = np.nan
    for one, length in zip(batch, LENGTHS, strict=True):
        one[length:] = np.nan
        one[length - 1, 0] = 7.0  # Observed, so that this is the length.
    return batch


def out(layer, batch):
    return keras.ops.convert_to_numpy(layer(batch))


def mask(layer, batch):
    return keras.ops.convert_to_numpy(layer.compute_mask(keras.ops.convert_to_tensor(batch)))


def test_a_series_ends_with_its_last_observed_step():
    batch = with_gaps()
    found = mask(SeriesInput("none"), batch)
    np.testing.assert_array_equal(found.sum(axis=1), LENGTHS)
    np.testing.assert_array_equal(found, np.arange(9) < np.array(LENGTHS)[:, None])
    assert (out(SeriesInput("none"), batch)[~found] == 0).all()


def test_train_normalises_as_scikit_learn_does_leaving_out_nan():
    training, batch = with_gaps(1).reshape(-1, 4), with_gaps()
    layer = SeriesInput()
    layer.build(batch.shape)
    layer.adapt(training)
    with np.errstate(invalid="ignore"):
        expected = StandardScaler().fit(training[:, :3]).transform(batch[..., :3].reshape(-1, 3))
    expected = np.nan_to_num(expected).reshape(3, 9, 3)
    np.testing.assert_allclose(out(layer, batch)[..., :3], expected, rtol=1e-5, atol=1e-6)
    assert (out(layer, batch)[..., 3] == 0).all()


def test_large_numbers_keep_their_digits_in_half_precision():
    steps = np.arange(8.0)
    batch = (1_000_000 + steps).reshape(1, 8, 1).astype("float32")
    layer = SeriesInput(dtype="mixed_bfloat16")
    layer.build(batch.shape)
    layer.adapt(batch)
    found = keras.ops.convert_to_numpy(keras.ops.cast(layer(batch), "float32"))[0, :, 0]
    np.testing.assert_allclose(found, (steps - steps.mean()) / steps.std(), atol=0.01)


def test_each_series_has_mean_0_and_deviation_1_of_what_was_observed():
    batch = with_gaps()
    found = out(SeriesInput("each"), batch)[..., :3]
    with np.errstate(invalid="ignore"):
        observed = ~np.isnan(batch[..., :3])
        frame = [pd.DataFrame(one[:, :3]) for one in batch]
    for one, there, table in zip(found, observed, frame, strict=True):
        expected = (table - table.mean()) / table.std(ddof=0)
        expected = expected.fillna(0).where(there, 0)  # One value, or none: it deviates by 0.
        np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-5)


def test_a_constant_series_is_0_and_not_noise():
    batch = np.full((1, 30, 1), 0.1, "float32")
    assert (out(SeriesInput("each"), batch) == 0).all()


def test_a_feature_that_never_changed_in_training_is_0_whatever_it_is_later():
    layer = SeriesInput()
    layer.build((1, 3, 2))
    layer.adapt(np.array([[5.0, 1], [5, 2], [5, 3]]))
    assert out(layer, np.array([[[9.0, 2]]], "float32")).tolist() == [[[0, 0]]]


@pytest.mark.parametrize("gaps", ["hold", "linear"])
def test_gaps_are_filled_as_pandas_fills_them(gaps):
    batch = with_gaps()
    found = out(SeriesInput("none", gaps), batch)
    for one, row, length in zip(found, batch, LENGTHS, strict=True):
        frame = pd.DataFrame(row[:length])
        lines = frame.interpolate(limit_direction="both")
        expected = frame.ffill() if gaps == "hold" else lines
        expected = expected.fillna(0).to_numpy("float32")
        np.testing.assert_allclose(one[:length], expected, rtol=1e-5)
        assert (one[length:] == 0).all()


def test_flags_say_what_was_not_observed():
    batch = with_gaps()
    found = out(SeriesInput("none", gap_flags=True), batch)
    within = np.arange(9) < np.array(LENGTHS)[:, None]
    assert found.shape == (3, 9, 8)
    np.testing.assert_array_equal(found[..., 4:], np.isnan(batch) & within[..., None])


def test_a_saved_model_keeps_its_statistics(tmp_path):
    model = stacked((None, 4), 3, units=5, input={"name": "series", "gaps": "hold"})
    model.get_layer("input").adapt(with_gaps(1))
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    batch = with_gaps()
    expected = model.predict_on_batch(batch)
    np.testing.assert_array_equal(again.predict_on_batch(batch), expected)
    assert np.isfinite(expected).all()


def test_what_looks_ahead_says_so():
    assert SeriesInput().looks_ahead is None
    assert SeriesInput(gaps="hold").looks_ahead is None
    assert "each" in SeriesInput("each").looks_ahead
    assert "linear" in SeriesInput(gaps="linear").looks_ahead


@pytest.mark.parametrize("shape", [(3, None), (5,), (None, 0), (2, 3, 4)])
def test_a_shape_that_series_cannot_have(shape):
    with pytest.raises(SeqvisionError, match="input_shape"):
        series(shape)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_operations_of_the_mask_bear_no_name_of_a_layer(pooling):
    # Keras numbers the names of operations in a process: only the first model's are bare.
    keras.utils.clear_session(free_memory=False)
    model = seqvision.create_model(
        "bidirectional", input_shape=(None, 3), num_classes=2, pooling=pooling, units=4
    )
    names = [operation.name for operation in model.operations]
    assert len(set(names)) == len(names)
