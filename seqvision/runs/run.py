"""One run: one resolved config and one seed become one record. Nothing else trains a model."""

import shutil
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from scipy.special import softmax

from seqvision.config.schema import Config
from seqvision.errors import RunFailed
from seqvision.options import name_and_options
from seqvision.runs import record as records
from seqvision.runs.backend import precision
from seqvision.runs.batches import batches
from seqvision.runs.distribution import as_dataset
from seqvision.runs.files import check_writable, copy_atomically, write_atomically
from seqvision.runs.finished import finished
from seqvision.runs.folders import make_place, rename_former
from seqvision.runs.lock import locked
from seqvision.runs.metrics import calibration_error, evaluate, macro_f1
from seqvision.runs.progress import Progress
from seqvision.runs.setup import Setup, set_up
from seqvision.runs.shorter import shorter_run


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
) -> dict[str, Any]:
    """Return the record of a run, training it unless it is finished already.

    A run that was cut short goes on after its last finished epoch and ends as if it had not been;
    a longer one goes on from a shorter one where that gives the same numbers. A record of other
    data than the config names today is set aside.

    Args:
        force: train again, from the beginning, even if there is a record.
        test: measure the test images. A run that does not is `untested` where others are
            `finished`, and its record has no figure of them.
        begin_with: the folder of a run of the same config, untested or with a smaller
            `train.stop_after`, to begin with what it ended with. The numbers are those of a run
            from the beginning.
        cores: the processor cores that `threads: auto` is to use; all of them when not given.

    Raises:
        Busy: another process is at this run.
        RunFailed: the loss became NaN; the record says at which step.
        SeqvisionError: wrong data, a folder that cannot be written, a model that does not fit.
    """
    folder = results / records.run_id(config, seed)
    if not folder.exists():
        rename_former(folder.parent)
    if not force and (done := finished(folder, config, test=test)):
        return done
    # All that can be wrong with the input shows before anything is written.
    check_writable(folder)
    with set_up(config, seed, cores) as setup, locked(folder):
        checksum = setup.dataset.checksum
        make_place(folder, checksum)
        # By another process, meanwhile; or it was of this data before it was of other.
        if not force and (done := records.ended_well(folder, test=test)):
            return done
        if force or records.read_record(folder):  # A failed run begins anew.
            _clear(folder)
        checkpoint = folder / "checkpoint.npz"
        if not force and not checkpoint.exists():
            begin_with = begin_with or shorter_run(folder, config, seed, checksum)
        if begin_with and not checkpoint.exists() and (begin_with / checkpoint.name).exists():
            copy_atomically(begin_with / checkpoint.name, checkpoint)
        return _train(setup, folder, progress or Progress(), test)


def _train(setup: Setup, folder: Path, progress: Progress, test: bool) -> dict[str, Any]:
    from seqvision.runs.journal import Journal

    began = datetime.now(UTC)
    config, model = setup.config, setup.model
    records.write_yaml(folder / "config.yaml", config.resolved())
    journal = Journal(setup, folder, progress)
    journal.resume(model)
    done = journal.state.epochs
    last = min(config.train.epochs, config.train.stop_after or config.train.epochs)
    per_epoch = setup.steps_per_epoch
    progress.start(records.run_id(config, setup.seed), last * per_epoch, done * per_epoch)
    read = partial(
        batches,
        setup.training,
        config.train.batch_size,
        setup.seed,
        done,
        config.train.augment,
        setup.dataset.num_classes if config.train.label_smoothing else None,
        setup.class_weights,
    )
    with closing(journal.scalars):
        model.fit(
            as_dataset(read) if config.train.distribution else read(),
            steps_per_epoch=per_epoch,
            initial_epoch=done,
            # With nothing left to do, fit still puts averaged weights in their place.
            epochs=done if journal.state.stopped else last,
            callbacks=[journal],
            shuffle=False,  # The batches come shuffled.
            verbose=0,
        )
    record = _describe(setup, journal)
    record["timing"] |= {"started": began.isoformat(), "ended": datetime.now(UTC).isoformat()}
    if journal.nan_step is not None:
        problem = f"the loss became NaN or infinite at step {journal.nan_step}"
        record |= {"status": "failed", "error": problem}
        records.write_json(folder / "record.json", record)
        progress.end(record)
        raise RunFailed(f"{record['run_id']}: {problem}")
    if journal.best_weights:
        model.set_weights(journal.best_weights)
    record["metrics"] = _measure(setup, folder, record, test) | record["metrics"]
    _finish(setup, journal, folder, record)
    progress.end(record)
    return record


def _measure(setup: Setup, folder: Path, record: dict[str, Any], test: bool) -> dict[str, float]:
    """The metrics of the trained model; its answers to the test images are written."""
    from seqvision.runs.predict import logits, timed_logits

    metrics: dict[str, float] = {}
    if test:
        answers, rate = timed_logits(setup.model, setup.dataset.test.images)
        labels = setup.dataset.test.labels
        probabilities = softmax(answers, axis=1)
        metrics = {f"test_{key}": value for key, value in evaluate(answers, labels).items()}
        metrics["macro_f1"] = macro_f1(probabilities, labels)
        metrics["calibration_error"] = calibration_error(probabilities, labels)
        record["timing"]["inference_images_per_second"] = rate
        records.write_predictions(folder / "predictions.npz", probabilities, labels)
    else:
        record["status"] = "untested"
    validation = setup.validation
    if len(validation):
        found = evaluate(logits(setup.model, validation.images), validation.labels)
        metrics |= {f"val_{key}": value for key, value in found.items()}
    return metrics


def _finish(setup: Setup, journal: Any, folder: Path, record: dict[str, Any]) -> None:
    """Write what is left to write, the record last."""
    from seqvision.runs.model import build_model
    from seqvision.runs.prefixes import write_prefixes

    dataset, model, state = setup.dataset, setup.model, journal.state
    columns = list(dict.fromkeys(key for row in state.history for key in row))
    records.write_csv(
        folder / "history.csv", columns, ([row.get(c) for c in columns] for row in state.history)
    )
    records.write_csv(folder / "steps.csv", ("step", "loss", "error_rate"), state.steps)
    if state.tests:
        records.write_csv(folder / "tests.csv", ("step", "error_rate"), state.tests)
    with precision(setup.config.train.precision):
        plain = build_model(setup.config.model, dataset)  # Without the optimizer and its slots.
    plain.set_weights(model.get_weights())
    write_atomically(folder / "model.keras", plain.save)
    if record["status"] != "untested":
        write_prefixes(folder / "prefixes.npz", setup.config.model["family"], plain, dataset.test)
    records.write_json(folder / "record.json", record)
    train = setup.config.train
    ended_for_good = state.stopped or (train.schedule and not train.stop_after)
    if record["status"] != "untested" and ended_for_good:  # From others a longer run may go on.
        (folder / "checkpoint.npz").unlink(missing_ok=True)


def _describe(setup: Setup, journal: Any) -> dict[str, Any]:
    from seqvision.runs.flops import flops_per_image

    config, dataset, state = setup.config, setup.dataset, journal.state
    steady = state.steady_images / state.steady_seconds if state.steady_seconds else None
    return {
        "run_id": records.run_id(config, setup.seed),
        "name": config.name,
        "seed": setup.seed,
        "status": "finished",
        "config_hash": config.hash,
        "config": config.resolved(),
        "dataset": {
            "name": dataset.name,
            "asked_for": name_and_options(config.data.dataset)[0],
            "source": dataset.source,
            "checksum": dataset.checksum,
            "files": setup.files,
            "scale": dataset.scale,
            "notes": list(dataset.notes),
            "train": len(setup.training),
            "validation": len(setup.validation),
            "test": len(dataset.test),
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
        },
        "metrics": {
            "epochs": state.epochs,
            "best_epoch": state.best_epoch or state.epochs,
            "stopped": state.stopped,
        },
        "timing": {
            "train_seconds": state.seconds,
            "train_images_per_second": steady,
            "steps_per_execution": setup.model.steps_per_execution,
        },
        "model": {
            "parameters": setup.model.count_params(),
            "flops_per_image": flops_per_image(setup.model),
        },
        "environment": records.environment(setup.threads, config.train.deterministic),
    }


def _clear(folder: Path) -> None:
    """Remove what an earlier run left in its folder, the record first."""
    for name in ("record.json", "checkpoint.npz", "model.keras", "answers.npz"):
        (folder / name).unlink(missing_ok=True)
    for name in ("predictions.npz", "prefixes.npz", "history.csv", "steps.csv", "tests.csv"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)
