"""Every scan is exported to every format: one model reads by all of them."""

import keras
import pytest

from seqvision.exporting.formats import FORMATS
from seqvision.exporting.table import ANY, outcomes
from seqvision.scans import SCANS, Snake

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    "format",
    [
        pytest.param(name, marks=[] if name in ("onnx", "litert") else pytest.mark.slow)
        for name in FORMATS.names()
    ],
)
def test_every_scan(format, tmp_path):
    images = keras.Input((3, 5, 2))
    scans = [Snake(reverse=True), *(SCANS.get(name)() for name in SCANS.names())]
    read = [keras.layers.Flatten()(scan(images)) for scan in scans]
    logits = keras.layers.Dense(3)(keras.layers.Concatenate()(read))
    assert outcomes(keras.Model(images, logits), tmp_path, [format]) == {format: ANY}
