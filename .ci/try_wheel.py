"""An installed wheel answers right, with kernels that nobody has to compile.

CXX=/nowhere/c++ python .ci/try_wheel.py
"""

import os
import platform

import numpy as np

import seqvision
from seqvision.data.loading import load
from seqvision.layers import GRU
from seqvision.native import core

assert "site" in seqvision.__file__, seqvision.__file__
assert os.environ["CXX"] == "/nowhere/c++", "a compiler would hide that kernels are missing"

test = load("mnist-5k").test
answers = seqvision.predict("lstm2_fast:mnist", test.images)
right = (answers["class"].astype(int) == test.labels).mean()
assert right > 0.98, right
print("lstm2_fast:mnist on the test images of mnist-5k: accuracy", right)

assert core.hindrance() is None, core.hindrance()
layer = GRU(3)
layer(np.zeros((1, 2, 3), "float32"))
print("without a compiler,", layer.path)
# TensorFlow's binding needs TensorFlow's own compiler, which on Windows is another.
assert layer.path.startswith("native: ") or platform.system() == "Windows", layer.path
