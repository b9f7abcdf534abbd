"""The command line, called in this process and told what it said."""

import sys
from dataclasses import dataclass

import pytest

from seqvision.cli import main
from seqvision.sweep.local import Local


@dataclass
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Call `seqvision ARGUMENTS` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["seqvision", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return Said(end.value.code, said.out, said.err)

    return run


@pytest.fixture
def in_this_process(monkeypatch, performed_here):
    """Runs are performed in this process, which has imported TensorFlow already."""
    monkeypatch.setattr(Local, "__enter__", lambda self: self)  # Nothing is begun for it.
    monkeypatch.setattr(Local, "__call__", performed_here)
