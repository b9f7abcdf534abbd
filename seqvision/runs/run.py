"""One run: one resolved config and one seed become one record. Nothing else trains a model."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqvision.config.schema import Config
from seqvision.loggers.chosen import Spec
from seqvision.runs.files import check_writable, copy_atomically
from seqvision.runs.finished import finished
from seqvision.runs.folders import make_place, origin, rename_former
from seqvision.runs.lock import locked
from seqvision.runs.progress import Progress
from seqvision.runs.record import RunRecord, ended_well, read_record, run_id
from seqvision.runs.setup import set_up
from seqvision.runs.shorter import shorter_run

if TYPE_CHECKING:
    import keras


def perform(
    config: Config,
    seed: int,
    results: Path,
    *,
    force: bool = False,
    test: bool = True,
    begin_with: Path | None = None,
    cores: int | None = None,
    progress: Progress | None = None,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
    loggers: Sequence[Spec] = (),
) -> RunRecord:
    """Return the record of a run, training it unless it is finished already.

    A run that was cut short goes on after its last finished epoch and ends as if never stopped; a
    longer one goes on from a shorter one where that gives the same numbers. A record of other
    data, or of another parent, than the config names today is set aside.

    Args:
        force: train again, from the beginning, even if there is a record.
        test: measure the test error. Without it the status is `untested` instead of `finished`, and
            the record has no test metrics.
        begin_with: the folder of a run of the same config, untested or with a smaller
            `train.stop_after`, to go on from. The numbers are those of a run from the beginning.
        cores: the processor cores that `threads: auto` uses; all of them when not given.
        callbacks: the user's own, called after the run's. The record names their classes, as the
            config does not say what they do.
        loggers: where else to log it, checked and prepared (`seqvision/loggers/chosen.py`).

    Raises:
        Busy: another process is performing this run.
        RunFailed: the loss became NaN; the record says at which step.
        SeqvisionError: wrong data, a folder that cannot be written, a model or a parent that does
            not fit.
    """
    folder = results / run_id(config, seed)
    if not folder.exists():
        rename_former(folder.parent)
    if not force and (done := finished(folder, config, test=test)):
        return done
    # All input is checked before anything is written.
    check_writable(folder)
    with set_up(config, seed, cores) as setup, locked(folder):
        learned_from = origin(setup.dataset.checksum, setup.parent)
        make_place(folder, learned_from)
        # Finished by another process meanwhile, or an earlier run that `make_place` brought back.
        if not force and (done := ended_well(folder, test=test)):
            return done
        if force or read_record(folder):  # A failed run begins anew.
            _clear(folder)
        checkpoint = folder / "checkpoint.npz"
        if not force and not checkpoint.exists():
            begin_with = begin_with or shorter_run(folder, config, seed, learned_from)
        if begin_with and not checkpoint.exists() and (begin_with / checkpoint.name).exists():
            copy_atomically(begin_with / checkpoint.name, checkpoint)
        # Only now, when threads are set: it imports Keras.
        from seqvision.privates import no_graphs_kept
        from seqvision.runs.train import train

        progress = progress or Progress()
        with no_graphs_kept():
            return train(setup, folder, progress, callbacks, test=test, loggers=loggers)


def _clear(folder: Path) -> None:
    """Remove what an earlier run left in its folder, the record first."""
    for name in ("record.json", "checkpoint.npz", "model.keras", "answers.npz"):
        (folder / name).unlink(missing_ok=True)
    for name in ("predictions.npz", "prefixes.npz", "history.csv", "steps.csv", "tests.csv"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)
