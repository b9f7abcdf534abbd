"""Locks: held by one, said of nobody where there are none."""

import errno
import fcntl
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from seqvision.errors import Busy
from seqvision.runs import lock
from seqvision.runs.lock import is_locked, locked


def test_a_process_that_dies_lets_go(tmp_path):
    folder = tmp_path / "run"
    hold = (
        "import sys, pathlib; from seqvision.runs.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", hold, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    assert is_locked(folder)
    with pytest.raises(Busy), locked(folder):
        pass
    process.kill()
    process.wait()
    assert not is_locked(folder)
    with locked(folder):
        assert is_locked(folder)
        folder.rename(tmp_path / "elsewhere")  # The lock is of the name.
    assert not is_locked(tmp_path / "elsewhere")


def test_who_asks_whether_it_is_locked_holds_it_for_an_instant_and_is_waited_for(tmp_path):
    asking = FileLock(lock._beside(tmp_path / "run"), thread_local=False)
    asking.acquire()
    threading.Timer(0.1, asking.release).start()
    with locked(tmp_path / "run"):
        assert not asking.is_locked


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_nobody_is_busy(code, tmp_path, monkeypatch, caplog):
    def refuse(file, operation):
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    lock._warn_no_locks.cache_clear()
    for _ in range(2):
        with locked(tmp_path / "run"):
            assert not is_locked(tmp_path / "run")
    assert caplog.text.count("cannot be locked") == 1
