"""The convolutional LSTM against a transcription of its equations, and how frames are cut."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import create_model
from seqvision.errors import SeqvisionError
from seqvision.runs.flops import flops_per_image

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 4, 3), dtype=np.uint8).astype("float32")


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def convolved(frame, kernel):
    """`(batch, *places, channels)` by `(*sizes, channels, filters)`, zeros beyond the edges."""
    sizes = kernel.shape[:-2]
    padded = np.pad(frame, [(0, 0), *[(n // 2, n // 2) for n in sizes], (0, 0)])
    result = 0
    for offset in np.ndindex(*sizes):
        window = tuple(slice(o, o + n) for o, n in zip(offset, frame.shape[1:-1], strict=True))
        result = result + padded[(slice(None), *window)] @ kernel[offset]
    return result


def transcription(frames, kernel, recurrent, bias):
    """The paper's equations without peepholes: the h of every step."""
    h = c = np.zeros((*frames.shape[:1], *frames.shape[2:-1], recurrent.shape[-2]))
    outputs = []
    for t in range(frames.shape[1]):
        z = convolved(frames[:, t], kernel) + convolved(h, recurrent) + bias
        i, f, g, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, 1)


def cut(images, frames):
    if frames == "rows":
        return images
    if frames == "columns":
        return images.transpose(0, 2, 1, 3)
    patches = [images[:, r : r + 2, c : c + 2] for r in range(0, 6, 2) for c in range(0, 4, 2)]
    return np.stack(patches, 1)


@pytest.mark.parametrize("frames", ["rows", "columns", "patches"])
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_is_the_papers_equations_over_its_frames(frames, pooling):
    options = {"filters": [4, 5], "frames": frames, "patch_size": 2, "pooling": pooling}
    model = create_model("conv_lstm", IMAGES.shape[1:], 3, **options)
    generator = np.random.default_rng(1)
    model.set_weights([generator.normal(0, 0.4, w.shape) for w in model.get_weights()])
    *layers, (kernel, bias) = (layer.get_weights() for layer in model.layers if layer.weights)
    steps = cut(IMAGES / 255, frames)
    for weights in layers:
        steps = transcription(steps, *weights)
    flat = steps.reshape(*steps.shape[:2], -1)
    features = flat[:, -1] if pooling == "last" else flat.mean(axis=1)
    np.testing.assert_allclose(model(IMAGES), features @ kernel + bias, atol=1e-5)


def test_options_reach_the_layers():
    model = create_model(
        "conv_lstm", (6, 4), 3, filters=8, kernel_size=5, dropout=0.3, recurrent_dropout=0.2
    )
    layer = model.get_layer("recurrent_1")
    assert (layer.cell.filters, layer.cell.kernel_size) == (8, (5,))
    assert (layer.cell.recurrent_dropout, model.get_layer("dropout_1").rate) == (0.2, 0.3)


def test_a_convolution_counts_once_a_place_of_each_frame():
    model = create_model("conv_lstm", (6, 4), 3, filters=8)
    convolutions = 6 * 4 * 3 * (1 + 8) * 4 * 8
    assert flops_per_image(model) == 2 * (convolutions + 4 * 8 * 3)


def test_patches_that_do_not_fit_are_told():
    with pytest.raises(SeqvisionError, match="6×4 pixels cannot be cut into patches of 4×4"):
        create_model("conv_lstm", (6, 4), 3, frames="patches", patch_size=4)


def test_reads_in_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = create_model("conv_lstm", (6, 4, 3), 3, filters=4)
        assert (
            model(IMAGES).dtype == "float32"
            and np.isfinite(ops.convert_to_numpy(model(IMAGES))).all()
        )
    finally:
        keras.config.set_dtype_policy("float32")
