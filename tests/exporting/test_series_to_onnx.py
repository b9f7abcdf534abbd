"""Models of series in ONNX: raw numbers with gaps and padding in, the same logits out."""

import numpy as np
import pytest

from seqvision.zoo import create_model

pytestmark = pytest.mark.tensorflow
onnxruntime = pytest.importorskip("onnxruntime")


def some_series():
    series = np.random.default_rng(0).normal(5, 2, (3, 12, 2)).astype("float32")
    series[0, 7:] = np.nan
    series[1, 3, 1] = series[2, 4:6, 0] = np.nan
    return series


MORE = [
    ("stacked", {"pooling": "max", "input": {"name": "series", "gaps": "hold"}}),
    ("bidirectional", {"pooling": "attention", "input": {"name": "series", "max_steps": 9}}),
    ("stacked", {"input": {"name": "series", "normalize": "each", "gap_flags": True}}),
    ("conv_rnn", {"filters": [4, 4], "pooling": "max"}),
]


@pytest.mark.parametrize(
    ("family", "options"),
    [("stacked", {}), *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)],
)
def test_keras_own_export_answers_as_the_model(family, options, tmp_path):
    model = create_model(family, (None, 2), 3, units=[4], **options)
    series = some_series()
    model.get_layer("input").adapt(series)
    expected = model(series)
    assert np.isfinite(expected).all()
    model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    (found,) = session.run(None, {session.get_inputs()[0].name: series})
    np.testing.assert_allclose(found, expected, atol=1e-5)
