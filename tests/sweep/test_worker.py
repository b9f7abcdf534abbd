"""What a run's process logs is shown by the process that a person looks at."""

import logging
from types import SimpleNamespace

from seqvision.cli._sweep_progress import SweepProgress
from seqvision.sweep.schedule import Listener
from seqvision.sweep.worker import ProgressSender


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
