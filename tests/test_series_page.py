"""docs/series.md: all that it tells a person to type works, in its order and in an empty folder."""

import json
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqvision.cli import main
from seqvision.config import load_config

PAGE = (Path(__file__).parents[1] / "docs" / "series.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
ADDRESS = "127.0.0.1:8000"

pytestmark = pytest.mark.slow


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """Do what a block says, in the folder of the reader; a server ends with the test."""
    monkeypatch.chdir(tmp_path)
    servers, names, address = [], {}, ADDRESS

    def words_of(line):
        """The words of a command, patterns of files as the shell fills them in."""
        for word in shlex.split(line):
            yield from map(str, Path().glob(word)) if "*" in word else [word]

    def command(line):
        words = [*words_of(line)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code, line

    def serve(line):
        nonlocal address
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        words = [*words_of(line), "--port", address.partition(":")[2]]
        servers.append(subprocess.Popen([sys.executable, "-m", "seqvision.cli", *words[1:]]))
        for _ in range(600):
            try:
                return urllib.request.urlopen(f"http://{address}/health")
            except OSError:
                assert servers[-1].poll() is None
                time.sleep(0.1)
        raise TimeoutError(line)

    def do(language, block):
        if language == "bash":
            for line in block.splitlines():
                serve(line) if line.startswith("seqvision serve") else command(line)
        elif language == "python":
            exec(block.replace(ADDRESS, address), names)
        elif title := re.match(r"# (\w+\.yaml)\n", block):
            (tmp_path / title[1]).write_text(block)

    yield do
    for server in servers:
        server.terminate()
        assert server.wait(30) == 0


@pytest.mark.tensorflow
def test_the_page_does_what_it_says(typed, tmp_path, capsys):
    for language, block in BLOCKS:
        typed(language, block)
    record = json.loads(next(tmp_path.glob("results/machines/*/record.json")).read_text())
    assert record["metrics"]["test_accuracy"] > 0.8  # It is worth the reading.
    assert (tmp_path / "report.html").stat().st_size > 10_000
    out = capsys.readouterr().out
    assert "mean rank" in out and "run0" in out


def test_each_file_that_it_shows_is_read(tmp_path, monkeypatch):
    """Each text is a file; of tables a copy of each series is added, to be tested with."""
    from seqvision.data import load

    monkeypatch.chdir(tmp_path)
    long, wide, ts = (block for language, block in BLOCKS if language == "text")
    again = "".join(line.replace(",", "2,", 1) + "\n" for line in long.splitlines()[1:])
    (tmp_path / "long.csv").write_text(long + again)
    (tmp_path / "wide.csv").write_text(wide + "".join(wide.splitlines(keepends=True)[1:]))
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"x_{part}.ts").write_text(ts)
    shapes = {}
    for spec in (
        {"name": "csv", "path": "long.csv", "test": 0.5},
        {"name": "csv", "path": "wide.csv", "test": 0.5},
        {"name": "ts", "path": "x_TRAIN.ts"},
    ):
        dataset = load(spec)
        shapes[spec["path"]] = dataset.input_shape
        assert set(dataset.class_names) == {"walk", "run"}
    assert shapes == {"long.csv": (None, 2), "wide.csv": (None, 1), "x_TRAIN.ts": (None, 2)}


def test_the_options_that_it_names_are_options():
    model = {"family": "stacked", "units": [4]}
    for row in re.findall(r"^\| `(\w+): (\w+)` \|", PAGE, re.MULTILINE):
        given = {"name": "series", "max_steps": 9, row[0]: YAML(typ="safe").load(row[1])}
        data = {"dataset": "digit-outlines"}
        assert load_config({"name": "x", "data": data, "model": {**model, "input": given}})
    for language, block in BLOCKS:
        if language == "yaml" and block.startswith("dataset:"):
            data = YAML(typ="safe").load(block)
            assert load_config({"name": "x", "data": data, "model": model})
