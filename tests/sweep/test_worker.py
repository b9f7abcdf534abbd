"""What a process of runs has imported, and what it tells the one that a person looks at."""

import logging
import subprocess
import sys
from types import SimpleNamespace

from seqvision.sweep.progress_sender import ProgressSender
from seqvision.sweep.schedule import Listener
from seqvision.sweep.shown.sweep import SweepProgress


def test_what_a_worker_logs_is_shown_once_with_its_level(capsys, caplog):
    events = []
    logger = logging.Logger("a worker's")
    logger.addHandler(ProgressSender(events.append, None).log_handler())
    logger.info("pictures read: %d", 12)
    logger.warning("no test image of 1 of 3 classes")
    logger.debug("tanh runs in the engine")
    assert [event["level"] for event in events] == ["INFO", "WARNING"]
    job = SimpleNamespace(run_id="mine/0-s0")
    with SweepProgress([], 1) as progress:
        progress.begin(job)
        for event in (*events, *events):
            progress.event(job, event)
    with caplog.at_level(logging.INFO, "seqvision"):
        silent = Listener()  # Of `--json` and `--quiet`.
        for event in (*events, *events):
            silent.event(job, event)
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]
    shown = capsys.readouterr().err
    assert shown.count("INFO: pictures read: 12") == 1
    assert shown.count("WARNING: no test image of 1 of 3 classes") == 1


def test_what_is_forked_has_imported_all_and_begun_nothing(new_process):
    """A thread, or what a backend holds once it has computed, would be missing in a fork.

    But NumPy's and SciPy's OpenBLAS ends its threads before a fork, and begins them anew.
    """
    code = """
import os, sys
from seqvision.sweep.forks import import_all
import_all()
from tensorflow.python.eager import context
from threadpoolctl import threadpool_info
own = sum(pool["num_threads"] - 1 for pool in threadpool_info() if "openblas" in pool["filepath"])
assert len(os.listdir("/proc/self/task")) <= 1 + own
assert context.context()._context_handle is None
assert not {"sklearn", "matplotlib", "pandas"} & set(sys.modules)
"""
    new_process(code)


def test_a_worker_that_has_done_enough_ends_well_however_soon_its_parent_hears_of_it():
    """The end of its events is seen at once; it must not be taken for a crash."""
    code = "from seqvision.sweep import worker; worker._RUNS = 0; worker.main()"
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout.read() == b""
            process.stdin.close()
        assert process.returncode == 0
