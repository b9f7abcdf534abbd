"""What a `tune` section may say; each mistake is told with its place, before anything runs."""

import pytest

from seqvision.config import Config, load_config
from seqvision.config.search import load_tunable
from seqvision.errors import ConfigError

TEXT = """\
name: mine
data: {dataset: digits}
model: {family: stacked, units: [8]}
train: {epochs: 1}
tune:
  trials: 3
  space:
    model.cell: {choice: [gru, lstm]}
    model.dropout: {float: [0.0, 0.5], when: {model.cell: lstm}}
    train.batch_size: {int: [16, 64], step: 2, log: true}
    model.cell.reset_after: {boolean: true, when: {model.cell: [gru]}}
"""


@pytest.fixture
def tunable(tmp_path):
    def load(text=TEXT, *overrides, **settings):
        (tmp_path / "mine.yaml").write_text(text)
        return load_tunable(tmp_path / "mine.yaml", overrides, **settings)

    return load


def test_a_point_is_the_config_with_values_in_their_places(tunable):
    search = tunable(TEXT, "train.epochs=7")
    values = {"model.cell": "gru", "model.cell.reset_after": False, "train.batch_size": 32}
    point = search.point(values, "mine-t001", test_every=None)
    assert point.name == "mine-t001"
    assert point.model["cell"] == {"name": "gru", "reset_after": False}
    assert (point.train.batch_size, point.train.epochs) == (32, 7)
    assert point.tune is None and search.untuned.tune is None
    # The untuned config has kept nothing of it, nor has the next point.
    assert search.untuned.model["cell"] == search.point({}, "again").model["cell"]
    assert search.untuned.hash == load_config(search.untuned.resolved()).hash


def test_a_config_with_a_space_survives_being_written(tunable):
    config = load_config("gru3")
    assert config.tune
    assert Config.model_validate(config.resolved()) == config
    assert load_tunable(config).tune == config.tune


def test_settings_come_before_the_config(tunable):
    tune = tunable(TEXT, trials=5, oracle="hyperband", objective="val_loss", seeds=[3, 4]).tune
    assert (tune.trials, tune.oracle.name, tune.objective) == (5, "hyperband", "val_loss")
    assert tune.each_seed == [3, 4]
    assert tunable(TEXT, "tune.seeds=3").tune.each_seed == [0, 1, 2]


def test_a_position_of_a_proposed_value_is_that_of_the_choice(tunable):
    search = tunable()
    with pytest.raises(ConfigError, match=r"mine\.yaml:10:5: train\.batch_size"):
        search.point({"train.batch_size": -1}, "wrong")


BATCH = "train.batch_size: {int: [16, 64], step: 2, log: true}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("gru, lstm]", "gru, lstm, lsm]", r":8:38: model\.cell: unknown cell 'lsm'; did you mean"),
        ("model.dropout", "model.drop", r":9:5: model\.drop: .* did you mean 'dropout'"),
        (BATCH, "train.epoch: {int: [1, 2]}", r":10:5: train\.epoch: .* did you mean 'epochs'"),
        (BATCH, "model.units: {choice: [[8], 8.5]}", r":10:33: model\.units: .*integer, got 8\.5"),
        (BATCH, "train.batch_size: {float: [1, 2]}", r":10:5: train\.batch_size: .*got 1\.0"),
        (BATCH, "model.dropout: {float: [0.1, 1.5]}", "duplicate"),
        (BATCH, "model.recurrent_dropout: {float: [0.1, 1.5]}", r":10:5: .*less than 1, got 1\.5"),
        ("[16, 64]", "[64, 16]", r":10:5: .*the lower end comes first"),
        ("[16, 64]", "[0, 64]", r":10:5: .*begins above 0, got 0"),
        ("[16, 64]", "[16, 64, 99]", r":10:5: .*at most 2 items"),
        ("[16, 64]", "[16, many]", r":10:5: .*integer, got 'many'"),
        ("step: 2", "step: 1", r":10:5: .*a factor above 1"),
        ("step: 2", "stp: 2", r":10:39: .*unknown key 'stp'; did you mean 'step'"),
        ("{int: [16, 64], step: 2, log: true}", "[16, 64]", r":10:5: .*one of choice, int, float"),
        ("{choice: [gru, lstm]}", "{choice: []}", r":8:18: .*at least 1"),
        ("{choice: [gru, lstm]}", "{choice: [gru, lstm, gru]}", r":8:18: .*twice"),
        ("{model.cell: lstm}", "{model.cel: lstm}", r":9:47: .*did you mean 'model\.cell'"),
        ("{model.cell: lstm}", "{model.cell: sru}", r":9:47: .*is never 'sru'"),
        (BATCH, "model: {choice: [{family: stacked}]}", r":10:5: .*replaces what model\.cell sets"),
        (BATCH, "train.seeds: {choice: [[1]]}", r":10:5: .*does not change what a run"),
        (BATCH, "tune.trials: {int: [1, 2]}", r":10:5: .*does not change what a run"),
        ("trials: 3", "trials: 0", r":6:3: tune\.trials: .*greater than 0, got 0"),
        ("trials: 3", "oracle: bayes", r":6:3: .*unknown oracle 'bayes'; did you mean 'bayesian'"),
        ("trials: 3", "oracle: {name: random, seed: -1}", r"greater than or equal to 0, got -1"),
        ("trials: 3", "trials: 1000000", r":6:3: tune\.trials: .*less than or equal to 100000"),
        ("trials: 3", "seeds: 1000000", r":6:3: tune\.seeds: .*less than or equal to 1000"),
        (
            BATCH,
            "train.log_every: {int: [1, 9000000000000000000], step: 1}",
            r":10:5: .*9,000,000,000,000,000,000 steps from 1 to .* out of proportion",
        ),
        (
            BATCH,
            "model.scale: {float: [-1.0e+308, 1.0e+308], step: 1}",
            r":10:5: .*inf steps from -1e\+308 to 1e\+308 are out of proportion",
        ),
        ("trials: 3", "objective: accuracy", r":6:3: tune\.objective: should be 'val_loss', "),
        ("trials: 3", "seeds: [1, 1]", r":6:3: tune\.seeds: .*twice"),
        ("trials: 3", "median_stop: {trial: 3}", r":6:17: .*did you mean 'trials'"),
        ("trials: 3", "oracle: hyperband\n  median_stop: true", "take median_stop out"),
        ("trials: 3", "trails: 3", r":6:3: tune\.trails: unknown key 'trails'; did you mean"),
        ("digits}", "digits, validation: 0}", r":2:25: data\.validation: trials are judged"),
        ("train: {epochs: 1}", "grid: {model.scan: [rows]}", r":4:1: grid: many configs"),
    ],
)
def test_a_mistake_is_told_with_its_place(tunable, old, new, message):
    assert TEXT.count(old) == 1
    with pytest.raises(ConfigError, match=message):
        tunable(TEXT.replace(old, new))


def test_a_grid_out_of_all_proportion(tunable):
    text = TEXT.replace("  trials: 3\n", "")
    large = text.replace(BATCH, "train.log_every: {int: [1, 900000]}")
    with pytest.raises(ConfigError, match=r":9:5: tune.space.train.log_every: 900,000 values of a"):
        tunable(large, oracle="grid", trials=5)
    assert tunable(large, oracle="random")
    many = text.replace(BATCH, "train.log_every: {int: [1, 90000]}")
    with pytest.raises(ConfigError, match=r"tune: 1,170,000 trials are more than a search holds"):
        tunable(many, oracle="grid")
    assert tunable(many, oracle="grid", trials=5)


def test_hyperband_chooses_the_epochs(tunable):
    text = TEXT.replace(BATCH, "train.epochs: {int: [1, 9]}")
    with pytest.raises(ConfigError, match="hyperband chooses the epochs itself"):
        tunable(text, oracle="hyperband")


def test_nothing_to_search_is_a_mistake(tunable):
    without = TEXT.partition("tune:")[0]
    with pytest.raises(ConfigError, match=r"mine\.yaml:1:1: needs a section `tune:`"):
        tunable(without)
    with pytest.raises(ConfigError, match=r":5:1: tune: needs the key 'space'"):
        tunable(f"{without}tune: {{trials: 3}}\n")
    with pytest.raises(ConfigError, match=r":5:8: tune\.space: needs at least one parameter"):
        tunable(f"{without}tune: {{space: {{}}}}\n")
    with pytest.raises(ConfigError, match=r"^trials=0: tune\.trials: .*greater than 0"):
        tunable(TEXT, trials=0)
