"""Families against the same models put together by hand from Keras's layers."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import create_model
from seqvision.errors import SeqvisionError

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 5), dtype=np.uint8)


def predict(model, images=IMAGES):
    return ops.convert_to_numpy(model(images.astype("float32")))


def test_stacked_is_scaled_rows_through_gru_layers_to_logits():
    model = create_model("stacked", (6, 5), 3, cell="gru", units=[4, 7])
    x = keras.Input((6, 5))
    y = keras.layers.GRU(4, return_sequences=True)(x)
    by_hand = keras.Model(x, keras.layers.Dense(3)(keras.layers.GRU(7)(y)))
    by_hand.set_weights(model.get_weights())
    np.testing.assert_allclose(predict(model), predict(by_hand, IMAGES / 255), atol=1e-6)


def test_multi_scan_reads_rows_and_columns_apart():
    model = create_model("multi_scan", (6, 5), 3, cell="lstm", units=[4])
    rows, columns = (model.get_layer(f"way_{way}_recurrent_1") for way in (1, 2))
    head = model.get_layer("logits")
    x = (IMAGES / 255).astype("float32")
    joined = ops.concatenate([rows(x), columns(x.transpose(0, 2, 1))], axis=-1)
    np.testing.assert_allclose(predict(model), head(joined), atol=1e-6)


def test_reversing_the_image_swaps_the_halves_of_a_tied_bidirectional_layer():
    model = create_model("bidirectional", (6, 5), 3, cell="gru", units=[4])
    layer = model.get_layer("recurrent_1")
    layer.backward_layer.set_weights(layer.forward_layer.get_weights())
    x = (IMAGES / 255).astype("float32")
    forward, backward = (ops.convert_to_numpy(layer(v)) for v in (x, x[:, ::-1]))
    np.testing.assert_allclose(forward, np.roll(backward, 4, axis=1), atol=1e-6)
    assert np.abs(forward[:, :4] - forward[:, 4:]).max() > 1e-3


def test_dropout_draws_a_fresh_mask_at_each_step_on_every_layer():
    model = create_model("stacked", (6, 5), 3, units=[50, 50], dropout=0.5, pooling="mean")
    for depth in (1, 2):
        drop = model.get_layer(f"dropout_{depth}")
        masks = ops.convert_to_numpy(drop(np.ones((1, 6, 50), "float32"), training=True))[0]
        assert len({tuple(step) for step in masks}) == 6
        assert 0.3 < (masks == 0).mean() < 0.7


def test_recurrent_dropout_and_cell_options_reach_the_cell():
    options = {"cell": {"name": "gru", "reset_after": False}, "recurrent_dropout": 0.3}
    layer = create_model("stacked", (6, 5), 3, units=[4], **options).get_layer("recurrent_1")
    assert (layer.cell.reset_after, layer.cell.recurrent_dropout) == (False, 0.3)
    with pytest.raises(SeqvisionError, match="'sru' has no recurrent dropout"):
        create_model("stacked", (6, 5), 3, cell="sru", recurrent_dropout=0.3)


def test_logits_stay_float32_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = create_model("stacked", (6, 5), 3, units=[4], pooling="attention")
        assert model(IMAGES.astype("float32")).dtype == "float32"
        assert model.get_layer("recurrent_1").compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_what_does_not_fit_is_told():
    with pytest.raises(SeqvisionError, match="expected \\(height, width\\)"):
        create_model("stacked", (28,), 3)
    with pytest.raises(SeqvisionError, match="did you mean 'units'"):
        create_model("stacked", (6, 5), 3, unit=4)
    with pytest.raises(SeqvisionError, match="did you mean 'gru3'"):
        create_model("gru33")


def test_a_zoo_model_takes_overrides_and_other_images():
    model = create_model("gru3", (9, 8, 3), 4, units=[5, 6])
    assert model.output_shape == (None, 4)
    assert model.get_layer("recurrent_2").units == 6
