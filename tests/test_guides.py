"""What the README and the pages of docs/ tell a person to type works, and does what they say.

Each page is read in a folder of its own, but what one page has trained is there for the next: the
same command trains nothing again. The README's two commands that make an environment are .ci/run's.
"""

import csv
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from reader import ROOT, blocks, commands, reading
from scipy.special import log_softmax

from seqvision.cli import main
from seqvision.data.loading import load

README = "README.md"
OF_NAMES = ("docs/api", "docs/zoo")
"""Folders of pages whose blocks tell what there is: help, and the zoo's own files and names."""
_ALL = (page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md"))
PAGES = sorted(each for each in _ALL if each.rpartition("/")[0] not in OF_NAMES)
PAGES.remove("docs/series.md")  # It has a test of its own.
PAGES.remove("docs/tracking.md")  # Of packages that are not here; tests/loggers has its commands.
PAGES.insert(0, README)
ON_EVERY_BACKEND = {README, "docs/index.md"} | {
    f"docs/guides/{name}.md" for name in ("configs", "notebook", "runs", "trained", "tune")
}
SHARED = ("results", "two")


@pytest.fixture(scope="module")
def read(tmp_path_factory, performed_here):
    """Reads a page, unless that was done before; the folder in which it was read."""
    home, done = tmp_path_factory.mktemp("pages"), {}
    write_pictures(home / "pictures")
    for name in SHARED:
        (home / name).mkdir()

    def read_page(page):
        if page not in done:
            folder = home / page.replace("/", "-")
            folder.mkdir()
            for name in SHARED:
                (folder / name).symlink_to(home / name)
            shutil.copytree(home / "pictures", folder / "pictures")
            with reading(folder, performed_here) as reader:
                reader.read(ROOT / page)
            done[page] = folder
        return done[page]

    return read_page


def write_pictures(folder):
    """Ten test images of mnist-5k for each class, in folders of their names."""
    from PIL import Image

    test = load("mnist-5k").test
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for place in np.flatnonzero(test.labels == label)[:10]:
            Image.fromarray(test.samples[place]).save(folder / str(label) / f"{place}.png")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            marks=[
                *([] if page == README else [pytest.mark.slow]),
                *([] if page in ON_EVERY_BACKEND else [pytest.mark.tensorflow]),
            ],
        )
        for page in PAGES
    ],
)
def test_the_page_can_be_followed(read, page):
    read(page)


def test_the_readme_has_five_commands():
    (*found,) = (line for _, block in blocks(ROOT / README, "bash") for line in commands(block))
    assert len(found) == 5


def test_trained_models_know_the_digits(read):
    with (read(README) / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    assert sum(row["class"] == Path(row["file"]).parent.name for row in rows) >= 96


def test_the_report_opens_in_a_browser(read, visit):
    page = visit(read(README) / "report.html")
    text = page.inner_text("body")
    assert "tiny_lstm" in text and "mnist-5k" in text


@pytest.mark.tensorflow
def test_the_comparison_is_over_three_seeds(read):
    folder = read("docs/guides/compare.md")
    with (folder / "table.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert int(rows["tiny_lstm"]["common_seeds"]) == 3
    assert float(rows["tiny_lstm"]["difference_low"]) < float(rows["tiny_lstm"]["difference_high"])
    assert (folder / "curves.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("page", [README, "docs/guides/notebook.md"])
def test_the_example_compiles_with_the_right_loss(page):
    """A batch's loss is the cross-entropy of the model's own answers, which are logits."""
    _, example = blocks(ROOT / page, "python")[0]
    found = {}
    exec(example.partition("model.save")[0], found)
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (6, 28, 28)).astype("float32"), np.arange(6)
    for loud in (1, 30):  # Logits as small as those of a new model might be taken for anything.
        found["model"].get_layer("logits").kernel.assign(generator.normal(0, loud, (32, 10)))
        answers = found["model"].predict_on_batch(images).astype(np.float64)
        expected = -log_softmax(answers, axis=1)[labels, labels].mean()
        found["model"].reset_metrics()
        loss = found["model"].train_on_batch(images, labels)  # `fit` waits at its end.
        assert loss == pytest.approx(expected, rel=1e-4)


def test_the_message_of_the_page_is_the_message(tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs/guides/configs.md").read_text(encoding="utf-8")
    (promised,) = (line for line in page.splitlines() if line.startswith("`mine.yaml:"))
    monkeypatch.chdir(tmp_path)
    codes = []
    for command in ("seqvision init mine.yaml", "seqvision check mine.yaml"):
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as end:
            main()
        codes.append(end.value.code)
        starter = Path("mine.yaml").read_text(encoding="utf-8")
        Path("mine.yaml").write_text(starter.replace("cell: gru ", "cell: gruu "), "utf-8")
    assert codes == [0, 2]
    assert promised.strip("`") in capsys.readouterr().err


def test_a_link_of_the_readme_opens_each_page():
    """Nobody has to know a page's name: the README links to all guides."""
    text = (ROOT / README).read_text(encoding="utf-8")
    assert [page for page in PAGES if page.startswith("docs/guides/") and page not in text] == []
