"""Configs: inheritance, overrides, and one clear message for each kind of mistake."""

import pytest

from seqvision.config import load_config, zoo_names
from seqvision.errors import ConfigError
from seqvision.families import FAMILIES

GOOD = """\
name: mine
data:
  dataset: digits
model:
  family: stacked
  cell: gru
  units: [8]
train:
  epochs: 2
"""


@pytest.fixture
def write(tmp_path):
    def write(text=GOOD, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_defaults_are_filled_in_and_numbers_are_yaml_1_2(write):
    text = GOOD + "  optimizer: {name: AdamW, learning_rate: 1e-3}\n"
    config = load_config(write(text))
    assert config.train.optimizer == {"name": "adamw", "learning_rate": 0.001}
    assert config.model["pooling"] == "last"
    assert config.train.batch_size == 64


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("cell: gru", "cell: gruu", "6:3", "model.cell: unknown cell 'gruu'; did you mean 'gru'"),
        ("  units: [8]", "  unit: [8]", "7:3", "'stacked' has no option 'unit'; did you mean 'un"),
        ("units: [8]", "units: [-8]", "7:11", "model.units.0: should be greater than 0, got -8"),
        ("units: [8]", "units: []", "7:3", "model.units: "),
        ("units: [8]", "dropout: 1.5", "7:3", "model.dropout: should be less than 1, got 1.5"),
        ("epochs: 2", "epochs: 0", "9:3", "train.epochs: should be greater than 0, got 0"),
        ("epochs: 2", "epochs: two", "9:3", "train.epochs: should be a valid integer, got 'two'"),
        ("epochs: 2", "epoch: 2", "9:3", "train.epoch: unknown key 'epoch'; did you mean 'epochs'"),
        ("epochs: 2", "seeds: []", "9:3", "train.seeds: "),
        ("epochs: 2", "seeds: [1, 1]", "9:3", "a seed is listed twice"),
        ("epochs: 2", "optimizer: adamm", "9:3", "unknown optimizer 'adamm'; did you mean 'adam"),
        ("epochs: 2", "optimizer: {name: sgd, rho: 1}", "9:26", "'sgd' has no argument 'rho'"),
        ("epochs: 2", "schedule: {name: one}", "9:3", "train.schedule"),
        (
            "dataset: digits",
            "dataset: mnits",
            "3:3",
            "unknown dataset 'mnits'; did you mean 'mnist",
        ),
        ("dataset: digits", "validation: 3", "2:1", "data: needs the key 'dataset'"),
        ("family: stacked", "scan: rows", "4:1", "model: needs the key 'family'"),
        ("name: mine", "name: ../mine", "1:1", "name: "),
        ("name: mine", "name: mine\nname: mine", "2:1", "found duplicate key"),
        ("epochs: 2", "epochs: [2", "10:1", "expected"),
    ],
)
def test_a_mistake_costs_one_message_with_its_place(write, old, new, place, message):
    path = write(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}:{place}: "), caught.value
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_inherits_key_by_key_and_replaces_another_name(write):
    write(GOOD + "  optimizer: {name: rmsprop, rho: 0.8}\n")
    child = "extends: mine.yaml\nname: child\nmodel: {units: [4, 4]}\ntrain: {optimizer: adam}\n"
    config = load_config(write(child, "child.yaml"))
    assert (config.model["cell"], config.model["units"]) == ("gru", [4, 4])
    assert config.train.optimizer == {"name": "adam"}
    assert config.train.epochs == 2


def test_a_circle_is_refused(write):
    write("extends: b.yaml\n" + GOOD, "a.yaml")
    path = write("extends: a.yaml\n" + GOOD, "b.yaml")
    with pytest.raises(ConfigError, match=r"circle: b.yaml → a.yaml → b.yaml"):
        load_config(path)


def test_overrides_are_yaml_and_validated(write):
    path = write()
    config = load_config(path, ["model.units=[3, 4]", "model.cell.reset_after=false"])
    assert config.model["units"] == [3, 4]
    assert config.model["cell"] == {"name": "gru", "reset_after": False}
    with pytest.raises(ConfigError, match=r"--set train.epoch=3: train.epoch: unknown key 'epoch'"):
        load_config(path, ["train.epoch=3"])
    with pytest.raises(ConfigError, match="--set nonsense: expected path=value"):
        load_config(path, ["nonsense"])


def test_the_hash_tells_apart_what_changes_results_and_nothing_else(write):
    path = write()
    same = load_config(path).hash
    assert load_config(path, ["train.seeds=[3]", "train.log_every=9", "description=x"]).hash == same
    assert load_config(path, ["model.dropout=0.1"]).hash != same


def test_nothing_in_yaml_makes_an_object_or_fills_the_memory(write):
    tagged = GOOD.replace("name: mine", "name: !!python/object/apply:os.getcwd []")
    with pytest.raises(ConfigError):
        load_config(write(tagged))
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for above, below in zip("bcdefgh", "abcdefg", strict=True):
        bomb += f"{above}: &{above} [" + ", ".join([f"*{below}"] * 10) + "]\n"
    with pytest.raises(ConfigError, match="more values than a config can have"):
        load_config(write(bomb))


def test_every_config_of_the_zoo_is_right_and_described():
    assert len(zoo_names()) >= 14
    assert not {*zoo_names()} & {*FAMILIES.names()}  # `create_model` takes either name.
    for name in zoo_names():
        config = load_config(name)
        assert config.name == name
        assert config.description and "\n" not in config.description
