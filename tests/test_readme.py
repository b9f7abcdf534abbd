"""Every command and every example of the README does what it says.

The two commands that make an environment of their own are for .ci/run.
"""

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from scipy.special import log_softmax

from seqvision.cli import main
from seqvision.config import load_config
from seqvision.config.search import load_tunable
from seqvision.data.loading import load
from seqvision.sweep.local import Local

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


TENSORFLOW = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"


def commands():
    """The commands of this backend: models are exported by TensorFlow alone."""
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    own = [line.partition("  #")[0] for line in lines if line.startswith("seqvision ")]
    return [line for line in own if TENSORFLOW or ".onnx" not in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, performed_here):
    """A folder in which a newcomer has typed every command, in the README's order.

    The first in a shell; the others in this process, where Keras is imported already, and so are
    the runs of sweeps and searches, whose own processes are tested in tests/sweep.
    """
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "zoo_configs", folder / "zoo_configs")
    write_pictures(folder / "pictures")
    first, *others = commands()
    done = shell(first, folder)
    assert done.returncode == 0, f"{first}\n{done.stderr}"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(Local, "__enter__", lambda self: self)  # Nothing is begun for it.
        patch.setattr(Local, "__call__", performed_here)
        for line in others:
            patch.setattr(sys, "argv", shlex.split(line))
            with pytest.raises(SystemExit) as end:
                main()
            assert not end.value.code, line
    return folder


def write_pictures(folder):
    """Ten test images of mnist-5k for each class, in folders of their names."""
    from PIL import Image

    test = load("mnist-5k").test
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for place in np.flatnonzero(test.labels == label)[:10]:
            Image.fromarray(test.samples[place]).save(folder / str(label) / f"{place}.png")


def shell(line, folder):
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )


def test_every_command_works(folder):
    assert len(commands()) >= 8
    assert (folder / "mine.yaml").exists()
    with (folder / "table.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert int(rows["tiny_lstm"]["common_seeds"]) == 3
    assert float(rows["tiny_lstm"]["difference_low"]) < float(rows["tiny_lstm"]["difference_high"])
    assert (folder / "curves.svg").read_text().startswith("<svg")


def test_trained_models_know_the_digits(folder):
    with (folder / "answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    assert sum(row["class"] == Path(row["file"]).parent.name for row in rows) >= 96


def test_the_report_opens_in_a_browser(folder, visit):
    page = visit(folder / "report.html")
    text = page.inner_text("body")
    assert "tiny_lstm" in text and "mnist-5k" in text


def test_the_python_example_works(folder, monkeypatch, capsys):
    (example,) = blocks("python")
    monkeypatch.chdir(folder)
    exec(example, {})
    out = capsys.readouterr().out
    assert "1, 10" in out and "mnist-5k" in out


def test_the_python_example_compiles_with_the_right_loss():
    """A batch's loss is the cross-entropy of the model's own answers, which are logits."""
    (example,) = blocks("python")
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


def test_the_parts_of_configs_are_right(tmp_path):
    """The dataset lines and the recipe's options, put into a config, are accepted."""
    fine_tuned, tune, data, series = blocks("yaml")
    (tmp_path / "clothes.yaml").write_text(fine_tuned)
    assert load_config(tmp_path / "clothes.yaml").model["weights"] == "mnist"
    content = YAML(typ="safe").load(data)
    mine = {"name": "mine", "model": {"family": "stacked", "units": [8]}, **content}
    assert load_config(mine)
    content = YAML(typ="safe").load(series)
    content["model"] |= mine["model"]
    assert load_config({"name": "mine", **content}).model["input"]["gaps"] == "hold"
    assert load_tunable({**mine, **YAML(typ="safe").load(tune)}).tune.trials == 20
    recipe = re.search(r"arguments, (`schedule.*?)\. `zoo_configs", README, re.DOTALL)
    assert recipe
    for option in ("schedule: {name: one_cycle}", "augment: {shift: 0.07, rotate: 10}"):
        assert option in recipe.group(1).replace("\n", " ")
        train = YAML(typ="safe").load(option)
        load_config(
            {
                "name": "mine",
                "data": {"dataset": "digits"},
                "model": {"family": "stacked", "units": [8]},
                "train": train,
            }
        )


def test_the_message_of_the_readme_is_the_message(tmp_path):
    assert shell("seqvision init mine.yaml", tmp_path).returncode == 0
    starter = tmp_path / "mine.yaml"
    starter.write_text(starter.read_text().replace("cell: gru", "cell: gruu"))
    done = shell("seqvision check mine.yaml", tmp_path)
    (promised,) = re.findall(r"^`(mine\.yaml:.*)`$", README, re.MULTILINE)
    assert done.returncode == 2
    assert promised in done.stderr
