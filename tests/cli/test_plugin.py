"""A third-party package adds one of each kind, and a config uses them."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

PACKAGE = '''
"""A cell, a wrapper, a scan, a family and a dataset from elsewhere."""
import keras
import numpy as np
from keras import ops
from seqvision.cells.base import CellLayer
from seqvision.cells.wrappers.base import Wrapper
from seqvision.data.assembly import make_dataset
from seqvision.families.base import Reader, classifier, model_input, scanned
from seqvision.options import CellSpec, ScanSpec, Units, WrapperSpec
from seqvision.scans.base import Scan


@keras.saving.register_keras_serializable("third")
class Leaky(CellLayer):
    """An average that forgets."""

    def __init__(self, units: int, leak: float = 0.5, **kwargs):
        super().__init__(**kwargs)
        self.units, self.leak = units, leak
        self.state_size = self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), "glorot_uniform")

    def project(self, sequence, training=False):
        return ops.matmul(sequence, self.kernel)

    def step(self, projected, states, training=False):
        new = self.leak * states[0] + (1 - self.leak) * ops.tanh(projected)
        return new, [new]


@keras.saving.register_keras_serializable("third")
class Louder(Wrapper):
    """The output, louder."""

    def __init__(self, cell, by: float = 2.0, **kwargs):
        super().__init__(cell, **kwargs)
        self.by = by

    def leave(self, output, own, training=False):
        return self.by * output


@keras.saving.register_keras_serializable("third")
class UpsideDown(Scan):
    """Rows from the bottom."""

    def read(self, images):
        rows = ops.flip(images, axis=1)
        return ops.reshape(rows, (-1, images.shape[1], images.shape[2] * images.shape[3]))


def lone(input_shape, num_classes, *, cell: CellSpec = "gru", scan: ScanSpec = "rows",
         units: Units = 8, wrap: list[WrapperSpec] = []):
    """One layer, read to its end."""
    images, scaled = model_input(input_shape, None, 1 / 255)
    read = Reader(cell, units, 0.0, 0.0, False, "last", wrap=wrap)
    return classifier(images, read(scanned(scaled, scan)), num_classes, "lone")


def bars():
    """Pictures whose bright column is their class."""
    labels = np.arange(90) % 6
    images = np.zeros((90, 5, 6), np.uint8)
    images[np.arange(90), :, labels] = 255
    arrays = (images[:60], labels[:60], images[60:], labels[60:])
    return make_dataset("bars", arrays, "made up")
'''
ENTRY_POINTS = """
[seqvision.cells]
leaky = third:Leaky
[seqvision.wrappers]
louder = third:Louder
[seqvision.scans]
upside_down = third:UpsideDown
[seqvision.families]
lone = third:lone
[seqvision.datasets]
bars = third:bars
"""
CONFIG = """
name: from_elsewhere
data: {dataset: bars, validation: 12}
model: {family: lone, scan: upside_down, cell: {name: leaky, leak: 0.9}, units: [16],
        wrap: [{name: louder, by: 3.0}]}
train: {epochs: 30, batch_size: 8, optimizer: {name: adam, learning_rate: 0.01}}
"""

# In one process, which finds the package as any other does and imports TensorFlow once.
COMMANDS = """
import contextlib, io, json, sys
from seqvision.cli import main

said = []
lines = "list cells leaky", "list wrappers louder", "run config.yaml --json", "run wrong.yaml"
for line in lines:
    sys.argv = ["seqvision", *line.split()]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                main()
            except SystemExit as end:
                code = end.code
    said.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
print(json.dumps(said))
"""


@pytest.mark.slow
def test_a_package_of_someone_elses_plugs_in(tmp_path):
    wheel = tmp_path / "third-1.0-py3-none-any.whl"
    info = "third-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("third.py", PACKAGE)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", ENTRY_POINTS)
        archive.writestr(f"{info}/RECORD", "")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", site, wheel], check=True)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "wrong.yaml").write_text(CONFIG.replace("leak: 0.9", "leek: 0.9"))
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    cell, wrapper, run, wrong = json.loads(done.stdout)
    assert "An average that forgets." in cell["out"]
    assert "The output, louder." in wrapper["out"]
    assert run["code"] == 0, run["err"]
    record = json.loads(run["out"])[0]
    assert record["dataset"]["name"] == "bars"
    assert record["metrics"]["test_accuracy"] > 0.9
    assert wrong["code"] == 2 and "did you mean 'leak'" in wrong["err"]
