"""What answers or measures images alone says so of series, in one line and before any work."""

import json

import numpy as np


def test_a_config_of_series_is_not_measured(call, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(0).normal(size=(20, 5, 3)), y=[0, 1] * 10)
    config = {
        "name": "sensors",
        "data": {"dataset": {"name": "npz", "path": "x.npz", "kind": "series"}},
        "model": {"family": "stacked", "units": 4},
    }
    (tmp_path / "sensors.yaml").write_text(json.dumps(config))
    said = call("bench", "digits_gru", "sensors.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: sensors: reads series of 3 features, and bench measures models of images alone; "
        "how fast a run was on its series is in its record\n"
    )
