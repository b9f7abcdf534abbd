"""A config to tune."""

import pytest

from seqvision.config.search import load_tunable

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [8]},
    "train": {"epochs": 9, "batch_size": 64},
    "tune": {
        "oracle": "random",
        "space": {
            "model.cell": {"choice": ["gru", "lstm"]},
            "model.dropout": {"float": [0.0, 0.5], "when": {"model.cell": "lstm"}},
            "model.units": {"choice": [[8], [16, 16]]},
            "train.batch_size": {"int": [8, 64], "log": True},
            "train.label_smoothing": {"fixed": 0.1},
            "model.layer_norm": "boolean",
        },
    },
}


@pytest.fixture
def config():
    return CONFIG


@pytest.fixture
def tunable():
    def load(config=None, **settings):
        return load_tunable({**CONFIG, **(config or {})}, **settings)

    return load
