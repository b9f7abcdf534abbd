"""A grid spans one config a combination, and a mistake in it is told with its place."""

import pytest

from seqvision.config import load_configs
from seqvision.errors import ConfigError

TEXT = """\
name: mine
data: {dataset: digits}
model: {family: stacked, units: [8], cell: gru}
train: {optimizer: {name: adam}}
grid:
  model.cell: [gru, {name: gru, reset_after: false}, lstm]
  model.units: [[8], [16, 16]]
  train.optimizer.learning_rate: [1e-3]
"""


@pytest.fixture
def configs(tmp_path):
    def load(text=TEXT, *overrides):
        (tmp_path / "mine.yaml").write_text(text)
        return load_configs(tmp_path / "mine.yaml", overrides)

    return load


def test_one_config_for_each_combination(configs):
    points = configs()
    assert [(p.model["cell"], p.model["units"]) for p in points] == [
        ("gru", [8]),
        ("gru", [16, 16]),
        ({"name": "gru", "reset_after": False}, [8]),
        ({"name": "gru", "reset_after": False}, [16, 16]),
        ("lstm", [8]),
        ("lstm", [16, 16]),
    ]
    assert all(p.train.optimizer["learning_rate"] == 1e-3 and p.grid is None for p in points)
    assert len({p.hash for p in points}) == 6


def test_names_can_be_read(configs):
    assert [p.name for p in configs()][1:3] == [
        "mine-gru-16x16-learning_rate0.001",
        "mine-gru-reset_after-false-8-learning_rate0.001",
    ]
    (rate,) = configs(TEXT.partition("  model.cell")[0] + "  model.dropout: [0.25]\n")
    assert rate.name == "mine-dropout0.25"


def test_the_grid_has_the_last_word_and_overrides_reach_its_points(configs):
    points = configs(TEXT, "model.cell=lstm", "train.epochs=7")
    assert points[0].model["cell"] == "gru"
    assert all(p.train.epochs == 7 for p in points)


def test_without_a_grid_it_is_the_config_itself(configs):
    (config,) = configs(TEXT.partition("grid:")[0])
    assert config.name == "mine"


def test_a_long_name_is_cut_and_still_its_own(configs):
    base = TEXT.partition("grid:")[0]
    sizes = [[100] * 40, [*[100] * 39, 101]]  # Whose words are alike but for the last digit.
    names = [point.name for point in configs(f"{base}grid: {{model.units: {sizes}}}\n")]
    assert len(set(names)) == 2
    assert {len(name) for name in names} == {100}
    assert len({name[:91] for name in names}) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lstm]", "lstmm]", r"mine\.yaml:6:54: model\.cell: unknown cell 'lstmm'; did you mean"),
        ("model.units", "model.unit", r"mine\.yaml:7:16: model\.unit: .* did you mean 'units'"),
        ("[[8], [16, 16]]", "[]", r"mine\.yaml:7:3: grid\.model\.units: .*at least 1"),
        ("[[8], [16, 16]]", "8", r"mine\.yaml:7:3: grid\.model\.units: .*list"),
        ("[[8], [16, 16]]", "[[8], [8]]", "two of its points are the same"),
        ("[[8], [16, 16]]", str([[n] for n in range(1, 4000)]), "more than a sweep holds"),
    ],
)
def test_a_mistake_is_told_with_its_place(configs, old, new, message):
    with pytest.raises(ConfigError, match=message):
        configs(TEXT.replace(old, new))


def test_a_grid_is_counted_before_it_is_made(configs):
    text = TEXT.partition("grid:")[0] + "grid:\n"
    for key in ("epochs", "batch_size", "log_every", "test_every", "minutes", "label_smoothing"):
        text += f"  train.{key}: {list(range(1, 1001))}\n"
    with pytest.raises(ConfigError, match="1,000,000,000,000,000,000 points are more than"):
        configs(text)


def test_resamples_and_folds_are_runs_of_one_model(configs):
    base = TEXT.partition("grid:")[0]
    points = configs(f"{base}grid: {{data.resample: [0, 1, 2], model.cell: [gru, lstm]}}\n")
    assert [point.name for point in points] == ["mine-gru", "mine-lstm"] * 3
    assert [point.data.resample for point in points] == [0, 0, 1, 1, 2, 2]
    assert len({point.hash for point in points}) == 6
    points = configs(f"{base}grid: {{data.fold: [0, 1]}}\n", "data.folds=2")
    assert [(point.name, point.data.fold) for point in points] == [("mine", 0), ("mine", 1)]
    with pytest.raises(ConfigError, match="two of its points are the same"):
        configs(f"{base}grid: {{data.resample: [1, 1]}}\n")
    with pytest.raises(ConfigError, match=r"there is no fold 2 of 2 folds; .* from 0"):
        configs(f"{base}grid: {{data.fold: [0, 2]}}\n", "data.folds=2")
