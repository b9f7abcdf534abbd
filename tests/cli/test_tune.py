"""`seqvision tune` for a person and for a program, on small digits."""

import json

import pytest

TEXT = """\
name: mine
data: {dataset: digits, validation: 200}
model: {family: stacked, units: [8]}
train: {epochs: 1, batch_size: 64}
tune:
  oracle: random
  trials: 2
  space:
    train.optimizer.learning_rate: {float: [1e-3, 3e-2], log: true}
    model.cell: {choice: [gru, lstm]}
"""


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.yaml").write_text(TEXT)


@pytest.mark.usefixtures("in_this_process")
def test_a_person_sees_trials_a_chart_and_what_it_was_worth(mine, call, tmp_path):
    said = call("tune", "mine.yaml")
    assert said.code == 0
    assert "mine-tune: 2 trials, random, by val_accuracy" in said.err
    assert "trial 1 is the best so far: val_accuracy" in said.err
    for words in ("learning_rate", "trial by trial", "as it was", "95 % interval", "best.yaml"):
        assert words in said.out
    folder = tmp_path / "results" / "mine-tune"
    assert (folder / "history.svg").read_text().startswith("<svg")
    # The best config has been run already: `run` takes it as it is, and has nothing to do.
    best = call("run", folder / "best.yaml", "--json")
    (record,) = json.loads(best.out)
    assert record["name"] == "mine-tuned" and record["metrics"]["test_error"] < 1
    # Asked again there is nothing to do; a program is told the same.
    again = json.loads(call("tune", "mine.yaml", "--json").out)
    assert [trial["trial"] for trial in again["trials"]] == [1, 2]
    assert again["verdict"]["tuned"]["mean"] == pytest.approx(record["metrics"]["test_error"])
    assert again["values"].keys() == {"train.optimizer.learning_rate", "model.cell"}
    refused = call("tune", "mine.yaml", "--oracle", "grid")
    assert refused.code == 2
    assert "was begun with oracle.name random, not grid" in refused.err and "--force" in refused.err


def test_a_dry_run_says_what_would_be_searched(mine, call, tmp_path):
    before = sorted(tmp_path.iterdir())
    said = call("tune", "mine.yaml", "--oracle", "grid", "--trials", "99", "--dry-run", "--json")
    content = json.loads(said.out)
    assert content["grid_points"] == content["trials"] == 2 * 11
    assert content["seeds"] == [0] and content["begun"] == 0
    text = call("tune", "mine.yaml", "--seeds", "0-2", "--dry-run").err
    assert "2 trials × 3 seeds" in text and "float: 0.001 to 0.03, log" in text
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "0"], "trials=0: tune.trials: should be greater than 0, got 0"),
        (["--oracle", "bayes"], "oracle=bayes: tune.oracle: unknown oracle 'bayes'; did you mean"),
        (["--objective", "accuracy"], "tune.objective: should be 'val_loss', 'val_accuracy', 'val"),
        (["--set", "tune.space={}"], "tune.space: needs at least one parameter"),
        (["--set", "tune.space={model.drop: boolean}"], "did you mean 'dropout'"),
        (
            ["--set", "tune.space={model.dropout: {choice: [0.1, much]}}"],
            "model.dropout: should be",
        ),
        (["--seeds", "3-1"], "is not a range of seeds"),
        (["--jobs", "none"], "expected auto or a number from 1"),
        (["--results", "mine.yaml/results"], "cannot be written"),
    ],
)
def test_a_mistake_costs_one_message_before_anything_runs(mine, call, tmp_path, arguments, message):
    said = call("tune", "mine.yaml", *arguments)
    assert said.code == 2 and said.out == ""
    assert message in said.err
    assert said.err.startswith("error: ") and len(said.err.splitlines()) <= 3
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


@pytest.mark.slow
def test_wrong_data_ends_the_search_before_its_first_trial(mine, call, tmp_path):
    said = call("tune", "mine.yaml", "--quiet", "--set", "data.dataset={name: npz, path: no.npz}")
    assert said.code == 2
    assert said.err.startswith("error: ") and "no.npz" in said.err
    left = (tmp_path / "results").rglob("*.*")
    assert not [path for path in left if not path.name.endswith(".lock")]


def test_without_a_space_it_says_what_is_needed(mine, call, tmp_path):
    (tmp_path / "mine.yaml").write_text(TEXT.partition("tune:")[0])
    said = call("tune", "mine.yaml")
    assert said.code == 2 and "mine.yaml:1:1: needs a section `tune:`" in said.err


def test_check_looks_into_the_space(mine, call, tmp_path):
    assert call("check", "mine.yaml").code == 0
    (tmp_path / "mine.yaml").write_text(TEXT.replace("[gru, lstm]", "[gru, lsm]"))
    said = call("check", "mine.yaml")
    assert said.code == 2
    assert "mine.yaml:10:32: model.cell: unknown cell 'lsm'; did you mean 'lstm'" in said.err
