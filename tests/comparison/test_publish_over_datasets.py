"""The page over several datasets: what its numbers are, and that none is of two kinds of splits."""

import itertools
import re
import shlex
import subprocess

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy import stats

from seqvision.comparison.publish import page
from seqvision.comparison.records import load_records
from seqvision.comparison.remarks import Notes, read_notes
from seqvision.config import load_config, load_configs
from seqvision.errors import ConfigError

DATASETS = [f"set{n}" for n in range(6)]
MODELS = ("a_gru", "b", "c")
RANDOM = np.random.default_rng(5)
DRAWN = {
    (model, dataset): 0.6 + 0.1 * place + 0.08 * RANDOM.random(3)
    for dataset in DATASETS
    for place, model in enumerate(MODELS)
}
"""The accuracies on resamples 1 to 3."""
DRAWN["b", "set0"] = DRAWN["c", "set0"]
NOTES = Notes.model_validate(
    {
        "questions": [{"ask": "C or A?", "pairs": [["c", "a_gru"], ["b", "c"], ["c", "d"]]}],
        "others": [
            {"dataset": "set1", "what": "x | y", "accuracy": "96.5 ± 0.7", "source": "one"},
            {"dataset": "set1", "what": "z", "error": "4.25", "source": "two"},
            {"dataset": "set5", "what": "z", "error": "8 ± 1.5", "source": "one"},
        ],
    }
)


@pytest.fixture
def write(add, results):
    """The records of all models on resamples, and of one accuracy on the original split."""

    def write_records(own=0.9):
        for (model, dataset), accuracies in DRAWN.items():
            for resample, accuracy in enumerate(accuracies, 1):
                add(model, dataset, accuracy, resample=resample)
            for seed in range(2 if dataset == "set1" else 1):
                add(model, dataset, own - seed / 100, seed=seed)
        return load_records(results)

    return write_records


@pytest.fixture
def text(write):
    return page(write(), NOTES, "seqvision publish there", "there").text


def section(text, title):
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def cells(text, first):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_resamples_have_their_mean_and_interval(text):
    drawn = section(text, "Resamples without the original split")
    assert cells(drawn, "dataset") == ["dataset", "resamples", "c", "b", "a\\_gru"]
    for dataset in DATASETS:
        expected = []
        for model in ("c", "b", "a_gru"):
            values = DRAWN[model, dataset]
            low, high = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
            expected.append(f"{100 * values.mean():.2f} ± {100 * (high - low) / 2:.2f}")
        assert cells(drawn, dataset) == [dataset, "1-3", *expected]


def test_the_original_split_has_a_table_of_its_own(text):
    own = section(text, "The original split")
    assert cells(own, "dataset") == ["dataset", "samples", "c", "b", "a\\_gru"]
    assert cells(own, "set0") == ["set0", "1,000 + 100 + 400", *["90.00"] * 3]
    half = stats.t.ppf(0.975, 1) * stats.sem([0.90, 0.89])
    assert cells(own, "set1")[2:] == [f"89.50 ± {100 * half:.2f}"] * 3


def test_no_number_over_resamples_is_of_the_original_split(write):
    first, second = (page(write(own), NOTES, "seqvision").text for own in (0.9, 0.05))
    assert section(first, "The original split") != section(second, "The original split")
    for title in ("Resamples without the original split", "Ranks", "Findings"):
        assert section(first, title) == section(second, title) != ""


def test_ranks_are_over_the_resamples(text):
    ranks, _, _ = section(text, "Ranks").partition("| model | against |")
    # c is best throughout and b second, but on set0, where these two are equal.
    assert cells(ranks, "c")[:5] == ["c", f"{(5 + 1.5) / 6:.2f}", "11", "1", "0"]
    assert cells(ranks, "b")[:5] == ["b", f"{(5 * 2 + 1.5) / 6:.2f}", "6", "1", "5"]
    assert cells(ranks, "a\\_gru")[:5] == ["a\\_gru", "3.00", "0", "0", "12"]
    means = [[DRAWN[model, dataset].mean() for dataset in DATASETS] for model in MODELS]
    chi2 = stats.friedmanchisquare(*means).statistic
    ties = 1 - 6 / (6 * (3**3 - 3))  # Which scipy corrects for, and Demšar does not.
    assert f"chi² {chi2 * ties:.4g} (2 degrees" in ranks
    assert "--across --metric test_accuracy --split redrawn`" in ranks


def test_the_diagram_is_beside_the_page(write):
    records = write()
    found = page(records, NOTES, "seqvision publish there", "there")
    assert "![Mean ranks over datasets](there.svg)" in found.text and [*found.figures] == [
        "there.svg"
    ]
    without = page(records, NOTES, "seqvision publish there")
    assert ".svg" not in without.text and without.figures == {}


def test_findings_say_in_words_what_the_ranks_say(text):
    found = section(text, "Findings")
    points = 100 * np.mean([(DRAWN["c", d] - DRAWN["a_gru", d]).mean() for d in DATASETS])
    assert (
        f"- `c` against `a_gru`: better on 6, equal on 0, worse on 0; on average {points:+.2f} "
        "points of accuracy; mean ranks 1.08 and 3.00, p = 0.003: it ranks better." in found
    )
    assert "- `b` against `c`: better on 0, equal on 1, worse on 5; on average -" in found
    assert "no difference shown.\n" in found.partition("`b` against")[2] + "\n"
    assert "`d`" not in found


def test_others_are_marked_as_not_rerun_beside_ours(text):
    others = section(text, "Beside others' figures")
    assert "† are published figures, not rerun here" in others
    assert cells(others, "dataset")[2:] == ["z †", "c (ours)"]
    assert "x \\| y †" in others
    own = cells(section(text, "The original split"), "set1")[2]
    line = f"| set1 | 96.5 ± 0.7 [1] | 95.75 [2] | {own} |"
    assert line in others
    assert "| set5 | – | 92 ± 1.5 [1] | 90.00 |" in others
    assert "1. one\n2. two" in others


def test_runs_on_one_split_of_one_dataset_make_a_page_by_data(add, results):
    add("a", "x", 0.9)
    add("b", "x", 0.8)
    text = page(load_records(results), Notes(), "seqvision").text
    assert "## x, 1,000 + 100 + 400 samples" in text and "Test error in percent" in text


def test_several_sets_of_the_archive_are_ranked_on_their_own_split(add, results):
    for dataset in ("x", "y"):
        data = {"config.data": {"dataset": {"name": "archive", "problem": dataset}}}
        add("a", dataset, 0.9, **data)
        add("b", dataset, 0.8, **data)
    text = page(load_records(results), Notes(), "seqvision").text
    assert "2 models over 2 datasets, the original split" in text
    assert "Resamples" not in text


def test_one_resample_alone_is_no_mean(add, results):
    add("a", "x", 0.9, resample=1)
    text = page(load_records(results), Notes(), "seqvision").text
    assert "## x, resample 1" in text


@pytest.fixture
def ran(write_run):
    """Write runs of models as they are configured."""

    def write(name, overrides=(), seeds=(0,)):
        config = load_config(name, overrides)
        data = config.resolved()["data"]
        for seed in seeds:
            changes = {
                "config": config.resolved(),
                "dataset.name": data["dataset"]["problem"],
                "dataset.checksum": str(overrides),
                "dataset.drawn_from": data["dataset"]["problem"],
                "dataset.resample": data["resample"],
            }
            folder = write_run(config.name, seed, changes, config_hash=config.hash)
            YAML().dump(config.resolved(), folder / "config.yaml")

    return write


def test_the_commands_are_few_and_repeat_all_runs(ran, results, tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: series_gru\nname: mine\nmodel: {units: [7]}\n")
    mine = str(tmp_path / "mine.yaml")
    models = ("series_gru", "series_conv_rnn", mine)
    for name, problem, resample in itertools.product(models, ("ACSF1", "GunPoint"), range(3)):
        ran(name, [f"data.dataset.problem={problem}", f"data.resample={resample}"])
    for name in models:
        ran(name, ["data.resample=4", "train.epochs=7", "data.validation=0"], seeds=(0, 1, 2))
    ran("series_gru", ["train.threads={inter_op: 1, intra_op: 1}"])
    records = load_records(results)
    text = section(page(records, Notes(), "seqvision").text, "Repeat it")
    script = text.partition("```bash\n")[2].partition("```")[0]
    assert script.count("seqvision run") == 3
    stub = 'seqvision() { printf "%q " "$@"; echo; }\n'
    ran = subprocess.run(["bash", "-c", stub + script], capture_output=True, text=True, check=True)
    found = set()
    for line in ran.stdout.splitlines():
        words = shlex.split(line)
        sources = words[1 : words.index("--set")] if "--set" in words else words[1:-2]
        sets = [word for before, word in itertools.pairwise(words) if before == "--set"]
        first, _, last = words[-1].partition("-")
        for source, seed in itertools.product(sources, range(int(first), int(last or first) + 1)):
            found |= {(c.name, c.hash, seed) for c in load_configs(source, sets)}
    of_records = zip(records["name"], records["config_hash"], records["seed"], strict=True)
    assert found == set(of_records)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("", r"notes\.yaml:2:5: others\.0: expected either an error or an accuracy"),
        (
            'error: "1"\n    accuracy: "99"',
            r"notes\.yaml:2:5: others\.0: expected either an error or an accuracy",
        ),
        ("accuracy: about 95", r"notes\.yaml:5:\d+: others\.0\.accuracy: .*'about 95'"),
        ("accuracy: 95.1 ± few", r"notes\.yaml:5:\d+: others\.0\.accuracy: .*"),
    ],
)
def test_a_figure_of_others_is_an_error_or_an_accuracy(other, message, tmp_path):
    lines = ["others:", "  - dataset: x", "    what: y", "    source: z", f"    {other}", ""]
    (tmp_path / "notes.yaml").write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=message) as raised:
        read_notes(tmp_path / "notes.yaml")
    assert len(re.findall("\n", str(raised.value))) == 0
