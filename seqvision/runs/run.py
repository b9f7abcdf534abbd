"""One run: one resolved config and one seed become one record. Nothing else trains a model."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from seqvision.config.schema import Config
from seqvision.data.base import Dataset, Split
from seqvision.data.loading import load
from seqvision.data.split import split_validation
from seqvision.errors import RunFailed, SeqvisionError
from seqvision.options import name_and_options
from seqvision.runs import record as records
from seqvision.runs.backend import precision, prepare
from seqvision.runs.files import check_writable, locked, write_atomically
from seqvision.runs.metrics import calibration_error, evaluate, macro_f1
from seqvision.runs.progress import Progress


def perform(
    config: Config,
    seed: int,
    results: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the record of a run, training it unless it is finished already.

    A run that was cut short goes on after its last finished epoch and ends as if it had not been.

    Args:
        force: train again, from the beginning, even if there is a record.

    Raises:
        RunFailed: the loss became NaN; the record says at which step.
        SeqvisionError: wrong data, a folder that cannot be written, a model that does not fit.
    """
    folder = results / records.run_id(config, seed)
    done = records.read_record(folder)
    if done and done["status"] == "finished" and not force:
        return done
    check_writable(folder)
    with locked(folder):
        if force or done:  # A failed run begins anew.
            _clear(folder)
        return _train(config, seed, folder, progress or Progress())


def _train(config: Config, seed: int, folder: Path, progress: Progress) -> dict[str, Any]:
    began = datetime.now(UTC)
    dataset = load(config.data.dataset, config.data.offline)
    training, validation = split_validation(dataset.train, config.data.validation, dataset.scale)
    threads = prepare(config.train, seed)
    # Only now, when threads are settled: these import Keras.
    from seqvision.runs.journal import Journal
    from seqvision.runs.model import build_model, compile_model

    records.write_yaml(folder / "config.yaml", config.resolved())
    train = config.train
    steps_per_epoch = -(-len(training) // train.batch_size)
    with precision(train.precision):
        model = build_model(config.model, dataset)
        compile_model(model, train, train.epochs * steps_per_epoch)
    journal = Journal(
        train, steps_per_epoch, len(training), validation, dataset.test, folder, progress
    )
    journal.resume(model)
    total = train.epochs * steps_per_epoch
    progress.start(records.run_id(config, seed), total, journal.state.epochs * steps_per_epoch)
    _fit(model, config, training, dataset, seed, steps_per_epoch, journal)
    journal.scalars.close()
    record = _describe(config, seed, dataset, training, validation, model, journal, threads)
    record["timing"] |= {"started": began.isoformat(), "ended": datetime.now(UTC).isoformat()}
    if journal.nan_step is not None:
        problem = f"the loss became NaN or infinite at step {journal.nan_step}"
        record |= {"status": "failed", "error": problem}
        records.write_json(folder / "record.json", record)
        progress.end(record)
        raise RunFailed(f"{record['run_id']}: {problem}")
    if journal.best_weights:
        model.set_weights(journal.best_weights)
    _finish(config, dataset, validation, model, journal, folder, record)
    progress.end(record)
    return record


def _fit(
    model: Any,
    config: Config,
    training: Split,
    dataset: Dataset,
    seed: int,
    steps_per_epoch: int,
    journal: Any,
) -> None:
    from seqvision.runs.batches import batches

    train, done = config.train, journal.state.epochs
    model.fit(
        batches(
            training,
            train.batch_size,
            seed,
            done,
            train.augment,
            dataset.num_classes if train.label_smoothing else None,
            _class_weights(train.class_weights, training, dataset.num_classes),
        ),
        steps_per_epoch=steps_per_epoch,
        initial_epoch=done,
        # With nothing left to do, fit still puts averaged weights in their place.
        epochs=done if journal.state.stopped else train.epochs,
        callbacks=[journal],
        shuffle=False,  # The batches come shuffled.
        verbose=0,
    )


def _finish(
    config: Config,
    dataset: Dataset,
    validation: Split,
    model: Any,
    journal: Any,
    folder: Path,
    record: dict[str, Any],
) -> None:
    """Measure the trained model and write what is left to write, the record last."""
    from seqvision.runs.model import build_model
    from seqvision.runs.predict import logits, timed_logits

    answers, rate = timed_logits(model, dataset.test.images)
    labels = dataset.test.labels
    probabilities = softmax(answers, axis=1)
    metrics = {f"test_{key}": value for key, value in evaluate(answers, labels).items()}
    metrics["macro_f1"] = macro_f1(probabilities, labels)
    metrics["calibration_error"] = calibration_error(probabilities, labels)
    if len(validation):
        found = evaluate(logits(model, validation.images), validation.labels)
        metrics |= {f"val_{key}": value for key, value in found.items()}
    record["metrics"] = metrics | record["metrics"]
    record["timing"]["inference_images_per_second"] = rate
    state = journal.state
    columns = list(dict.fromkeys(key for row in state.history for key in row))
    records.write_csv(
        folder / "history.csv", columns, ([row.get(c) for c in columns] for row in state.history)
    )
    records.write_csv(folder / "steps.csv", ("step", "loss", "error_rate"), state.steps)
    if state.tests:
        records.write_csv(folder / "tests.csv", ("step", "error_rate"), state.tests)
    records.write_predictions(folder / "predictions.npz", probabilities, labels)
    with precision(config.train.precision):
        plain = build_model(config.model, dataset)  # Without the optimizer and its slots.
    plain.set_weights(model.get_weights())
    write_atomically(folder / "model.keras", plain.save)
    records.write_json(folder / "record.json", record)
    (folder / "checkpoint.npz").unlink(missing_ok=True)


def _describe(
    config: Config,
    seed: int,
    dataset: Dataset,
    training: Split,
    validation: Split,
    model: Any,
    journal: Any,
    threads: dict[str, int],
) -> dict[str, Any]:
    from seqvision.runs.flops import flops_per_image

    state = journal.state
    steady = state.steady_images / state.steady_seconds if state.steady_seconds else None
    return {
        "run_id": records.run_id(config, seed),
        "name": config.name,
        "seed": seed,
        "status": "finished",
        "config_hash": config.hash,
        "config": config.resolved(),
        "dataset": {
            "name": dataset.name,
            "asked_for": name_and_options(config.data.dataset)[0],
            "source": dataset.source,
            "checksum": dataset.checksum,
            "train": len(training),
            "validation": len(validation),
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
        },
        "model": {
            "parameters": model.count_params(),
            "flops_per_image": flops_per_image(model),
        },
        "environment": records.environment(threads, config.train.deterministic),
    }


def _class_weights(
    weights: str | list[float] | None, training: Split, num_classes: int
) -> np.ndarray | None:
    if weights is None:
        return None
    if weights == "balanced":
        counts = np.bincount(training.labels, minlength=num_classes)
        return len(training) / (num_classes * np.maximum(counts, 1))
    if len(weights) != num_classes:
        raise SeqvisionError(
            f"train.class_weights: {len(weights)} weights for {num_classes} classes"
        )
    return np.array(weights, dtype=float)


def _clear(folder: Path) -> None:
    """Remove what an earlier run left in its folder, the record first."""
    for name in ("record.json", "checkpoint.npz", "model.keras", "predictions.npz"):
        (folder / name).unlink(missing_ok=True)
    for name in ("history.csv", "steps.csv", "tests.csv"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)
