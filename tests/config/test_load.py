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
        ("units: [8]", "scale: .nan", "7:3", "model.scale: should be a finite number, got nan"),
        (
            "epochs: 2",
            "early_stopping: {min_delta: .inf}",
            "9:20",
            "train.early_stopping.min_delta: should be a finite number, got inf",
        ),
        ("epochs: 2", "epochs: 0", "9:3", "train.epochs: should be greater than 0, got 0"),
        ("units: [8]", "units: [100000000000]", "7:11", "would take 40,000,000,000,000 GB"),
        ("epochs: 2", "epochs: 1000001", "9:3", "train.epochs: should be less than or equal to"),
        ("epochs: 2", "batch_size: 1000000000000", "9:3", "train.batch_size: should be less than"),
        (
            "dataset: digits",
            "dataset: {name: image_folder, path: x, size: [100000, 100000]}",
            "3:49",
            "data.dataset.size.0: should be less than or equal to 10000, got 100000",
        ),
        ("dataset: digits", "dataset: digits\n  fold: 1", "4:3", "no fold 1 without folds"),
        ("dataset: digits", "dataset: digits\n  folds: 1", "4:3", "data.folds: should be greater"),
        (
            "dataset: digits",
            "dataset: digits\n  folds: 5\n  resample: 2",
            "4:3",
            "data.folds: resample says too what is tested with",
        ),
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
        ("epochs: 2", "steps_per_execution: atuo", "9:3", "integer, or 'auto', got 'atuo'"),
        ("epochs: 2", "seeds: 2", "9:3", "a valid list such as [2], got 2"),
        ("epochs: 2", "threads: 3", "9:3", "train.threads: should be a mapping of keys, or 'auto'"),
        ("name: mine", "name: ../mine", "1:1", "name: "),
        ("name: mine", "name: Aux.rows", "1:1", "no folder can be called 'Aux.rows' on"),
        ("name: mine", "name: mine.", "1:1", "no folder can be called 'mine.' on"),
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


@pytest.mark.parametrize(
    ("value", "where", "message"),
    [
        ("!!python/object/apply:os.system [id]", "7:10", "the tag tag:yaml.org,2002:python/obj"),
        ("!!set {a, b}", "7:10", "the tag tag:yaml.org,2002:set makes nothing"),
        ("!foo 8", "7:10", "the tag !foo makes nothing"),
        ("!foo [8]", "7:10", "the tag !foo makes nothing"),
        ("[8, !foo {a: b}]", "7:14", "the tag !foo makes nothing"),
        ("!!binary aGVsbG8=", "7:10", "the tag tag:yaml.org,2002:binary makes nothing"),
        ("!!int eight", "7:10", "'eight' cannot be read as int"),
        ("!!bool maybe", "7:10", "'maybe' cannot be read as bool"),
        ("9223372036854775808", "7:10", "beyond whole numbers of 64 bits"),
        ("9" * 5000, "7:10", "cannot be read as int"),
        (".inf", "7:3", "model.units: "),
        ("2024-02-30", "7:3", "model.units: should be a valid integer, got '2024-02-30'"),
        ('"\\ud800"', "7:10", "cannot be read as str"),
        ('"\\0"', "7:10", "U+0000 is not text"),
        ('"\\U99999999"', "", "not YAML"),
        ("*nowhere", "7:10", "found undefined alias 'nowhere'"),
        ("&a [*a]", "", "more values than a config can have; a loop of aliases?"),
        ("&a {<<: *a}", "", "more values than a config can have; a loop of aliases?"),
        ("{<<: 3}", "7:11", "<< merges a mapping, or a list of mappings"),
        ("{1: 2}", "7:11", "expected text for a key, got 1"),
        ("{null: 2}", "7:11", "expected text for a key, got null"),
        ("{? [a] : 2}", "7:13", "expected text for a key, got a list or a mapping"),
        ("{a: 1, a: 2}", "7:17", "found duplicate key 'a'"),
        ("[" * 100 + "]" * 100, "7:", "nested too deeply"),
        ("[" * 40 + "]" * 40, "", "more values than a config can have"),
        ("\t[8]", "7:10", "found character '\\t' that cannot start any token"),
        ("\x01", "7:10", "U+0001 is not text"),
        ("[8]\n---\nname: other", "8:1", "but found another document"),
    ],
)
def test_what_yaml_has_and_a_config_has_not(write, value, where, message):
    path = write(GOOD.replace("units: [8]", f"units: {value}"))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}:{where}"), caught.value
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1 and len(str(caught.value)) < 1200


@pytest.mark.parametrize(("content", "message"), [(b"", "a mapping"), (b"\xff\xfe", "UTF-8")])
def test_a_file_that_is_no_text_or_empty(tmp_path, content, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load_config(path)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())  # A byte-order mark, as Windows writes it.
    assert load_config(path).name == "mine"


def test_anchors_aliases_and_merge_keys_mean_what_yaml_says(write):
    text = """\
name: mine
data: {dataset: digits}
model: {family: multi_scan, units: [&n 8, *n], scans: [&s {name: rows, reverse: true}, *s, columns]}
train: {optimizer: {<<: [{learning_rate: 0.1, rho: 0.5}, {rho: 0.7, name: rmsprop}], rho: 0.6}}
"""
    config = load_config(write(text))
    assert config.model["units"] == [8, 8]
    assert config.model["scans"] == [{"name": "rows", "reverse": True}] * 2 + ["columns"]
    # A mapping's own keys come first, then those of what is merged first.
    assert config.train.optimizer == {"learning_rate": 0.1, "rho": 0.6, "name": "rmsprop"}
    with pytest.raises(ConfigError, match=r"4:47: train.optimizer.rhi: .*did you mean 'rho'"):
        load_config(write(text.replace("0.1, rho", "0.1, rhi")))


def test_python_data_may_hold_tuples_ranges_arrays_and_paths(tmp_path):
    import numpy as np

    data = {
        "name": "mine",
        "data": {"dataset": {"name": "npz", "path": tmp_path}, "validation": np.float32(0.5)},
        "model": {"family": "multi_scan", "units": (np.int64(8), 9), "scans": ("rows", "columns")},
        "train": {"seeds": range(3), "class_weights": np.ones(2), "deterministic": np.True_},
    }
    config = load_config(data)
    assert (config.model["units"], config.train.seeds) == ([8, 9], [0, 1, 2])
    assert config.data.dataset == {"name": "npz", "path": str(tmp_path)}
    assert config.resolved() == load_config(config).resolved()
    loop = {**data}
    loop["model"] = {"family": "stacked", "cell": loop}
    for wrong in ({**data, 3: 4}, loop, {**data, "train": {"epochs": 10**30}}, {"a": {1}}, 7):
        with pytest.raises(ConfigError):
            load_config(wrong)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "~nobody-of-this-name/x.yaml"])
def test_what_cannot_be_a_files_name(write, name):
    with pytest.raises(ConfigError):
        load_config(name)
    with pytest.raises(ConfigError):
        load_config({"name": "mine"}, "train.epochs=1")
    if "\0" not in name:
        with pytest.raises(ConfigError, match=r"mine.yaml:1:1: extends: "):
            load_config(write(f"extends: {name}\n" + GOOD))


def test_every_config_of_the_zoo_is_right_and_described():
    assert len(zoo_names()) >= 14
    assert not {*zoo_names()} & {*FAMILIES.names()}  # `create_model` takes either name.
    for name in zoo_names():
        config = load_config(name)
        assert config.name == name
        assert config.description and "\n" not in config.description
