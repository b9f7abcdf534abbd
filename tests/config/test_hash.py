"""A config's hash: of what differs from the defaults, and of nothing else."""

import hashlib
from dataclasses import replace

import pytest

from seqvision.config import load_config, zoo_names
from seqvision.config.schema import Config
from seqvision.config.train import Train
from seqvision.families import FAMILIES
from seqvision.registry import Parameter

PLAIN = {"name": "a", "data": {"dataset": "digits"}, "model": {"family": "stacked"}}


def hashed(**sections):
    return load_config({**PLAIN, **sections}).hash


def test_what_is_as_by_default_is_not_hashed():
    assert hashed() == hashed(train={"epochs": 3, "precision": "float32", "schedule": None})
    assert hashed() == hashed(model={"family": "stacked", "units": 128, "scan": "rows"})
    assert hashed() == hashed(data={"dataset": "digits", "validation": 0.1})
    own = {"dataset": "digits", "resample": 0, "folds": None, "fold": 0}
    assert hashed() == hashed(data=own)
    drawn = [{"resample": 1}, {"resample": 2}, {"folds": 5}, {"folds": 5, "fold": 1}, {"folds": 4}]
    assert len({hashed(data={"dataset": "digits", **each}) for each in drawn}) == 5
    only = b'{"data": {"dataset": "digits"}, "model": {"family": "stacked"}, "train": {}}'
    assert hashed() == hashlib.sha256(only).hexdigest()[:8]


def test_what_fine_tunes_is_hashed_unless_it_is_left_out():
    nothing = {"freeze": [], "head_epochs": None, "layer_decay": None}
    assert hashed() == hashed(train=nothing)
    assert hashed() == hashed(model={"family": "stacked", "weights": None})
    assert hashed() == hashed(data={"dataset": "digits", "training": None})
    different = [
        hashed(train={"freeze": ["recurrent_*"]}),
        hashed(train={"head_epochs": 1}),
        hashed(train={"layer_decay": 0.7}),
        hashed(model={"family": "stacked", "weights": "mnist"}),
        hashed(data={"dataset": "digits", "training": 100}),
    ]
    assert len({hashed(), *different}) == 6
    config = load_config({**PLAIN, "model": {"family": "stacked", "weights": "mnist"}})
    assert load_config(config.resolved()).hash == config.hash


def test_defaults_of_what_a_spec_names_are_not_hashed():
    def model(**options):
        return hashed(model={"family": "two_way", **options})

    assert model() == model(cell={"name": "gru", "reset_after": True, "seed": None})
    assert model() == model(scans=[{"name": "rows", "reverse": False}, "columns"])
    assert model() != model(scans=[{"name": "rows", "reverse": True}, "columns"])
    attention = {"name": "attention", "cell": {"name": "lstm", "use_bias": True}}
    assert model(cell="attention") == model(cell=attention)
    assert model(cell="attention") != model(cell={"name": "attention", "cell": "gru"})
    assert model(wrap=["zoneout"]) == model(wrap=[{"name": "zoneout", "rate": 0.1}]) != model()


@pytest.mark.parametrize(
    "train",
    [
        {"epochs": 4},
        {"stop_after": 2},
        {"schedule": {"name": "cosine"}},
        {"augment": {}},
        {"augment": {"shift": 0.1}},
        {"best_weights": "val_loss"},
        {"optimizer": {"name": "adam"}},
    ],
)
def test_what_changes_numbers_changes_the_hash(train):
    assert hashed(train=train) != hashed()


@pytest.mark.parametrize("key", ["seeds", "threads", "log_every", "test_every"])
def test_what_changes_no_number_is_not_hashed(key):
    value = {"seeds": [3], "threads": {"inter_op": 1, "intra_op": 1}}.get(key, 5)
    assert hashed(train={key: value}) == hashed()


def test_a_new_option_renames_no_run(monkeypatch):
    class LaterTrain(Train):
        warm_restarts: str = "none"

    class LaterConfig(Config):
        train: LaterTrain = LaterTrain()

    before = {name: load_config(name).hash for name in zoo_names()}
    for name in FAMILIES.names():
        entry = FAMILIES.entry(name)
        later = (*entry.parameters, Parameter("head", "str", "linear"))
        monkeypatch.setitem(FAMILIES._own, name, replace(entry, parameters=later))
    for name, hash in before.items():
        later = LaterConfig.model_validate(load_config(name).resolved())
        assert later.model["head"] == "linear" and later.hash == hash
        other = {**later.resolved(), "model": {**later.model, "head": "mlp"}}
        assert LaterConfig.model_validate(other).hash != hash
