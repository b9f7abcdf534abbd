"""A reader of the pages, who types every command, runs every example and writes every config.

What is done with a block of a page depends on its language:

- `bash`: each command of seqvision, in this process, where Keras is imported already; and so are
  the runs of sweeps, of searches and of Ray's tasks. Other lines have to be of `NOT_TYPED`. What
  `seqvision serve` serves answers until the page is read.
- `python`: it is run; the examples of a page share their names.
- `yaml`: a file, if a comment such as `# mine.yaml` says its name, else a part of a config.
- `toml`: it is parsed.
"""

import os
import queue
import re
import shlex
import sys
import threading
import tomllib
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqvision.cli import main
from seqvision.config import load_configs
from seqvision.config.search import load_tunable

ROOT = Path(__file__).parents[1]
ADDRESS = "http://127.0.0.1:8000/"
TENSORFLOW = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
NOT_TYPED = ("python3 -m venv ", "source ", "pip install ", "python ", "ray start ")
"""What a reader does to the machine, or .ci/run and other tests do."""


def blocks(page, language=None):
    """The blocks of a page, or of one language: `(language, text)`."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [block for block in found if language in (None, block[0])]


def commands(block):
    """The commands of seqvision in a block of bash; only on TensorFlow models are exported."""
    for line in block.replace("\\\n", " ").splitlines():
        line = line.partition("  #")[0].strip()
        if line.startswith("seqvision "):
            if TENSORFLOW or ".onnx" not in line:
                yield line
        elif line and not line.startswith("#"):
            assert line.startswith(NOT_TYPED), f"nobody tries {line!r}"


class Reader:
    """A reader in a folder, which is the current one.

    Args:
        patch: undoes what it changes of the process.
        performed_here: the fixture: does in this process what a worker would.
    """

    def __init__(self, patch, performed_here):
        self._patch = patch
        self._names = {"__name__": "page"}
        self._stops = []
        self._address = ADDRESS
        _perform_here(patch, performed_here)

    def read(self, page):
        """Do what a page says."""
        try:
            for language, block in blocks(page):
                getattr(self, f"_{language}", lambda block: None)(block)
        finally:
            while self._stops:
                self._stops.pop()()

    def _bash(self, block):
        for command in commands(block):
            self.type(command)

    def type(self, command):
        """Type a command; it has to succeed."""
        words = [*_words_of(command)]
        if words[1] == "serve":
            from seqvision.serving import server

            words += ["--port", "0"]
            self._patch.setattr(server, "serve", partial(self._serve, server.serve))
        self._patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code, command

    def _serve(self, serve, app, listening, _):
        """In place of `serve`: return once requests are answered."""
        from seqvision.serving.server import url_of

        self._address = url_of(listening)
        ready = queue.Queue()
        thread = threading.Thread(target=serve, args=(app, listening, ready.put))
        thread.start()
        stop = ready.get(timeout=60)
        self._stops.append(lambda: (stop(), thread.join(60)))

    def _python(self, block):
        exec(block.replace(ADDRESS, self._address), self._names)

    def _toml(self, block):
        tomllib.loads(block)

    def _yaml(self, block):
        title = re.match(r"# (\S+\.yaml)\n", block)
        if title:
            Path(title[1]).write_text(block, encoding="utf-8")
            assert load_configs(title[1])
        else:
            check_part(block)


def check_part(block):
    """Check that a part of a config is accepted, in a config that has all else."""
    part = YAML(typ="safe").load(block)
    part = {"data": part} if "dataset" in part else part
    config = {"name": "mine", **part}
    if "extends" not in part:
        config |= {"data": {"dataset": "digits", **part.get("data", {})}}
        config |= {"model": {"family": "stacked", "units": [8], **part.get("model", {})}}
    YAML().dump(config, Path("part.yaml"))
    load_tunable("part.yaml") if "tune" in part else load_configs("part.yaml")


def _words_of(command):
    """The words of a command, patterns of files as the shell fills them in."""
    for word in shlex.split(command):
        found = sorted(map(str, Path().glob(word))) if "*" in word else []
        yield from found or [word]


def _perform_here(patch, performed_here):
    from seqvision.sweep.cluster import Cluster
    from seqvision.sweep.local import Local

    def without_ray(self, address, results, places, loggers=()):
        self.places, self.cores_a_run, self.loggers = places or 1, 1, loggers

    for kind in (Local, Cluster):
        patch.setattr(kind, "__enter__", lambda self: self)  # Nothing is begun for it.
        patch.setattr(kind, "__call__", performed_here)
    patch.setattr(Cluster, "__init__", without_ray)
    patch.setattr(Cluster, "__exit__", lambda self, *_: None)


@contextmanager
def reading(folder, performed_here):
    """A reader in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield Reader(patch, performed_here)
