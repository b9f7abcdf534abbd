"""The page of published results says what the records say, and nothing of what they do not."""

import re
from pathlib import Path

import numpy as np
import pytest

from seqvision.comparison.publish import page
from seqvision.comparison.records import load_records
from seqvision.comparison.remarks import Notes, read_notes
from seqvision.config import load_config, zoo_names
from seqvision.errors import ConfigError, SeqvisionError

NOTES = Notes.model_validate(
    {
        "remarks": ["Two at a time | on a busy machine."],
        "questions": [
            {"ask": "LSTM or GRU?", "pairs": [["lstm", "gru"], ["lstm", "never_run"]]},
            {"ask": "Noise?", "pairs": [["noise", "gru"]]},
        ],
        "others": [{"dataset": "digits", "what": "a | b", "error": "1.5", "source": "A. N. Other"}],
    }
)


def errors(write_run, name, *errors, changes=(), config_hash=None):
    for seed, error in enumerate(errors):
        changed = {"metrics.test_error": error, **dict(changes)}
        write_run(name, seed, changed, config_hash=config_hash)


@pytest.fixture(scope="module")
def text(writer, tmp_path_factory):
    results = tmp_path_factory.mktemp("publish")
    write_run = writer(results)
    errors(write_run, "gru", 0.10, 0.11, 0.12)
    errors(write_run, "lstm", 0.070, 0.081, 0.089)
    errors(write_run, "noise", 0.09, 0.12, 0.11)
    return page(load_records(results), NOTES, "seqvision publish there").text


def test_each_row_has_its_mean_interval_and_command(text):
    (row,) = [line for line in text.splitlines() if line.startswith("| lstm |")]
    mean = np.mean([0.070, 0.081, 0.089])
    half = 4.303 * np.std([0.070, 0.081, 0.089], ddof=1) / np.sqrt(3)  # t(0.975, 2 degrees)
    assert f"| {100 * mean:.2f} | {100 * half:.2f} |" in row
    assert re.search(r"`seqvision run \S+/lstm/\w{8}-s0/config.yaml --seeds 0-2`", row)
    assert text.index("| lstm |") < text.index("| gru |")


def test_speeds_are_left_out_if_notes_say_so(write_run, tmp_path):
    errors(write_run, "gru", 0.10, 0.11)
    records = load_records(tmp_path / "results")
    texts = [
        page(records, Notes(speeds=shown), "seqvision publish").text for shown in (True, False)
    ]
    assert ["train/s" in text for text in texts] == [True, False]
    assert ["Speeds" in text for text in texts] == [True, False]


def test_a_row_is_repeated_by_its_own_config(write_run, tmp_path):
    of_zoo = load_config("tiny").hash
    errors(write_run, "tiny", 0.10, 0.11, config_hash=of_zoo)
    other = {"dataset.name": "other", "dataset.checksum": "b" * 64}
    errors(write_run, "tiny", 0.30, 0.31, changes=other, config_hash="0123abcd")
    text = page(load_records(tmp_path / "results"), Notes(), "seqvision publish there").text
    first, second = [line for line in text.splitlines() if line.startswith("| tiny |")]
    assert "`seqvision run tiny --seeds 0-1`" in first
    assert "/tiny/0123abcd-s0/config.yaml --seeds 0-1`" in second


def test_findings_say_what_the_interval_says(text):
    assert "`lstm` against `gru` on digits: -3.00 points (95 %: -3.25 to -2.75, 3 seeds)" in text
    assert "it errs less." in text.partition("`lstm` against")[2].partition("\n")[0]
    assert "no difference shown." in text.partition("`noise` against")[2].partition("\n")[0]
    assert "never_run" not in text


def test_remarks_come_before_the_tables(text):
    assert text.index("Two at a time \\| on a busy machine.") < text.index("## digits")


def test_others_stand_beside_our_best(text):
    table = text.partition("## Beside others' figures: digits")[2]
    assert "| a \\| b | 1.5 | A. N. Other |" in table
    assert "| lstm (ours) | 8.00 ±" in table


def test_two_columns_are_crossed_with_the_best_first(write_run, tmp_path):
    cells = {("gru", "rows"): 0.2, ("gru", "hilbert"): 0.1, ("lstm", "rows"): 0.05}
    for place, ((cell, scan), error) in enumerate(cells.items()):
        changes = {"config.model.cell": cell, "config.model.scan": scan}
        hashed = f"{place:08d}"
        errors(write_run, cell, error, error + 0.01, changes=changes, config_hash=hashed)
    asked = {"title": "Orders", "rows": "model.cell", "columns": "model.scan"}
    notes = Notes.model_validate({"crossed": [asked]})
    text = page(load_records(tmp_path / "results"), notes, "seqvision publish there").text
    table = text.partition("## Orders: digits, 1,000 + 100 + 400 samples\n\n")[2].splitlines()
    # Of the one order that both have, the LSTM errs least; 12.71 = t(0.975, 1 degree).
    assert table[0] == "| model.cell, by model.scan | hilbert | rows |"
    assert table[2] == "| lstm | – | 5.50 ± 6.35 |"
    assert table[3] == "| gru | 10.50 ± 6.35 | 20.50 ± 6.35 |"


def test_versions_and_hardware_are_named(text):
    made = text.partition("## Made with")[2]
    assert "- keras: 3.15.0" in made and "- cpu: a cpu" in made


def test_without_a_finished_run_there_is_no_page(write_run, tmp_path):
    (write_run("gru") / "record.json").unlink()
    with pytest.raises(SeqvisionError, match="none of 1 run is finished: there is nothing to pub"):
        page(load_records(tmp_path / "results"), Notes(), "seqvision publish there")


def test_a_mistake_in_the_notes_has_its_place(tmp_path):
    (tmp_path / "notes.yaml").write_text("questions:\n  - ask: a\n    pairs: [[gru]]\n")
    with pytest.raises(ConfigError, match=r"notes\.yaml:3:13: questions\.0\.pairs\.0: .* 2 items"):
        read_notes(tmp_path / "notes.yaml")


@pytest.mark.parametrize("file", ["notes", "series_notes", "archive_notes"])
def test_the_project_has_notes_that_name_models_of_the_zoo(file):
    notes = read_notes(Path(__file__).parents[2] / "results" / f"{file}.yaml")
    named = {name for question in notes.questions for pair in question.pairs for name in pair}
    assert named and named <= set(zoo_names())


def test_training_sets_of_several_sizes_are_told_apart(write_run, tmp_path):
    for size, errors_of in ((100, (0.3, 0.1)), (1000, (0.2, 0.05))):
        for name, error in zip(("gru", "lstm"), errors_of, strict=True):
            changes = {"dataset.train": size}
            more = (error, error + 0.01)
            errors(write_run, name, *more, changes=changes, config_hash=f"{size:08d}")
    text = page(load_records(tmp_path / "results"), NOTES, "seqvision publish there").text
    for size, points in (("100", "-20.00"), ("1,000", "-15.00")):
        assert f"on digits, {size} + 100 + 400 samples: {points} points" in text
