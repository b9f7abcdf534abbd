"""Python's values as a config file has them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from seqvision.config import load_config, load_configs
from seqvision.config.plain import in_yaml
from seqvision.config.read import read_value
from seqvision.errors import ConfigError

TEXTS = some.text(some.characters(codec="utf-8", exclude_characters="\0"))  # A config has no NUL.
SCALARS = some.none() | some.booleans() | some.integers(-(2**40), 2**40) | some.floats()


@pytest.mark.parametrize(
    "text", ["true", "Null", "~", ".5", ".inf", "1e3", "no", "a: b", "", "-", "./ü b", "🦊", "x\n#"]
)
def test_a_text_is_still_one_when_read(text):
    assert read_value(f"{{key: {in_yaml(text)}}}", "") == {"key": text}


@given(SCALARS | TEXTS | some.lists(TEXTS))
def test_what_is_written_on_a_line_is_read_as_it_was(value):
    line = in_yaml(value)
    assert "\n" not in line
    found = read_value(f"{{key: {line}}}", "")
    assert repr(found) == repr({"key": value})  # Of NaN, too.


def test_overrides_may_be_a_mapping():
    changed = {"train.epochs": np.int64(3), "model.cell": {"name": "lstm"}, "name": "true"}
    texts = ["train.epochs=3", "model.cell={name: lstm}", 'name="true"']
    assert load_config("gru3", changed) == load_config("gru3", texts)
    assert load_configs("gru3", changed) == load_configs("gru3", texts)
    with pytest.raises(ConfigError, match=r"train\.epoch: .*epochs"):
        load_config("gru3", {"train.epoch": 3})
    with pytest.raises(ConfigError, match=r"overrides\.model\.cell: .* is nothing that a config"):
        load_config("gru3", {"model.cell": object()})
