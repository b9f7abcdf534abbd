"""What `seqvision.run` hands on; training itself is test_run.py's."""

import pytest

from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.runs import api


@pytest.fixture
def asked(monkeypatch):
    found = {}
    monkeypatch.setattr(api, "perform", lambda *given, **more: found.update(given=given, **more))
    return found


def test_a_loaded_config_takes_overrides_like_any_other(asked):
    api.run(load_config("tiny"), overrides=("train.epochs=1", "model.cell=lstm"))
    config, seed, _ = asked["given"]
    expected = load_config("tiny", ["train.epochs=1", "model.cell=lstm"])
    assert (config, seed) == (expected, expected.train.seeds[0])
    api.run(load_config("tiny"), overrides="train.epochs=7")  # One text alone.
    assert asked["given"][0].train.epochs == 7
    with pytest.raises(SeqvisionError, match="did you mean 'epochs'"):
        api.run(load_config("tiny"), overrides=["train.epoch=1"])


@pytest.mark.parametrize("seed", [-1, "0", 1.5, True, 2**31])
def test_a_seed_is_a_whole_number(asked, seed):
    with pytest.raises(SeqvisionError, match="seed: expected a whole number from 0"):
        api.run("tiny", seed)
    assert not asked
