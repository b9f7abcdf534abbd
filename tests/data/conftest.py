"""Small datasets of a person's own."""

import numpy as np
import pytest

from seqvision.data import load


@pytest.fixture
def npz(tmp_path):
    """Load an .npz file of some arrays, with options: `npz({"pixels": "0..1"}, x=…, y=…)`."""

    def load_npz(options=None, **arrays):
        np.savez(tmp_path / "mine.npz", **arrays)
        return load({"name": "npz", "path": str(tmp_path / "mine.npz"), **(options or {})})

    return load_npz
