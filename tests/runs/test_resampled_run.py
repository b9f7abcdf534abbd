"""A run is of the samples it was told to test with: recorded, known again, kept apart by them."""

import pytest

import seqvision
from seqvision.comparison.groups import data_titles
from seqvision.comparison.report.pictures import test_pictures as pictures_of
from seqvision.config import load_config, load_configs
from seqvision.data import load
from seqvision.data.resampling import Resampling
from seqvision.exporting.images import real_images
from seqvision.presets.facts import of_record
from seqvision.sweep.plan import plan

CONFIG = {
    "name": "mine",
    "data": {"dataset": "digits", "folds": 3, "validation": 15},
    "model": {"family": "stacked", "units": [2]},
    "train": {"epochs": 1, "batch_size": 400},
    "grid": {"data.fold": [0, 2]},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def records(results):
    folds = seqvision.run([CONFIG], results=results)
    plain = {key: value for key, value in CONFIG.items() if key != "grid"}
    drawn = {"dataset": "digits", "resample": 4, "validation": 15}
    return [*folds, seqvision.run({**plain, "data": drawn}, results=results)]


def test_the_record_says_what_was_tested_with(records):
    first, third, drawn = (record["dataset"] for record in records)
    own = load("digits")
    assert (first["folds"], first["fold"]) == (3, 0) and (third["folds"], third["fold"]) == (3, 2)
    assert drawn["resample"] == 4 and "folds" not in drawn and "resample" not in first
    assert {each["drawn_from"] for each in (first, third, drawn)} == {own.checksum}
    assert len({each["checksum"] for each in (first, third, drawn)} | {own.checksum}) == 4
    assert (first["train"] + first["validation"], first["test"]) == (1198, 599)
    assert (drawn["train"] + drawn["validation"], drawn["test"]) == (1437, 360)
    assert any("validation holds under two samples" in note for note in drawn["notes"])


def test_a_finished_run_is_known_by_its_samples(records, results):
    configs = load_configs(CONFIG)
    assert [each.status for each in plan(configs, None, results)] == ["finished"] * 2


def test_runs_of_other_samples_are_not_ranked_together(records, results):
    table = seqvision.compare(seqvision.load_records(results))
    assert sorted(table["split"]) == ["fold 0 of 3", "fold 2 of 3", "resample 4"]
    assert (table["rank"] == 1).all() and (table["seeds"] == 1).all()
    titles = sorted(data_titles(table))
    assert titles[0].startswith("digits, fold 0 of 3, 1,183 + 15 + 599 ")
    assert titles[2].startswith("digits, resample 4, 1,422 + 15 + 360 ")


def test_what_shows_or_tries_test_images_takes_those_of_the_run(records):
    record = records[2]
    expected = load("digits", resampling=Resampling(resample=4)).test
    assert pictures_of(record).samples.tobytes() == expected.samples.tobytes()
    real = real_images(of_record(record), (8, 8))
    assert real.own and real.split.samples.tobytes() == expected.samples.tobytes()


def test_the_config_of_a_record_names_the_same_samples(records):
    for record in records:
        assert load_config(record["config"]).hash == record["config_hash"]
