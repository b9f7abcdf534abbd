"""What `seqvision.tune` makes of its arguments."""

import pytest

from seqvision.errors import SeqvisionError
from seqvision.sweep.tune.api import tune


def test_seeds_mean_what_they_mean_to_run(config, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "seqvision.sweep.tune.api.search", lambda tunable, *_, **__: tunable.tune.each_seed
    )
    assert tune(config, results=tmp_path) == [0]
    assert tune(config, seed=3, results=tmp_path) == [3]
    assert tune(config, seeds=range(2), results=tmp_path) == [0, 1]
    # Three seeds or the seed 3? Only a config, whose `seeds` are a number of them, says.
    with pytest.raises(SeqvisionError, match="seed= is one"):
        tune(config, seeds=3, results=tmp_path)
    config = {**config, "tune": {**config["tune"], "seeds": 3}}
    assert tune(config, results=tmp_path) == [0, 1, 2]


def test_every_run_of_a_search_is_logged(config, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "seqvision.sweep.tune.api.search", lambda _, __, perform, *___, **____: perform.loggers
    )
    assert tune(config, results=tmp_path, loggers=["tensorboard"]) == ["tensorboard"]
    with pytest.raises(SeqvisionError, match="unknown logger 'no'"):
        tune(config, results=tmp_path, loggers=["no"])
