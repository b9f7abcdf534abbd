"""Trains the model of a run, measures it and writes the run's files."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import keras
from scipy.special import softmax

from seqvision.errors import RunFailed
from seqvision.loggers.base import Run
from seqvision.loggers.chosen import Spec
from seqvision.presets.facts import add_to_archive, of_record
from seqvision.runs.answers import write_predictions
from seqvision.runs.at_once import AtOnce, steps_at_once
from seqvision.runs.backend import precision
from seqvision.runs.callbacks import Callbacks
from seqvision.runs.describe import describe
from seqvision.runs.feed import feed
from seqvision.runs.files import write_atomically, write_csv, write_json, write_yaml
from seqvision.runs.history import write_history
from seqvision.runs.journal import Journal
from seqvision.runs.metrics import calibration_error, evaluate, evaluate_classes
from seqvision.runs.model import build_model
from seqvision.runs.predict import logits, timed_logits
from seqvision.runs.prefixes import write_prefixes
from seqvision.runs.progress import Progress
from seqvision.runs.record import RunRecord, run_id
from seqvision.runs.setup import Setup
from seqvision.runs.tracker import Tracker


def train(
    setup: Setup,
    folder: Path,
    progress: Progress,
    callbacks: Sequence[keras.callbacks.Callback],
    *,
    test: bool,
    loggers: Sequence[Spec] = (),
) -> RunRecord:
    """Train the model of a run, or go on from its checkpoint; write its files, the record last.

    Raises:
        RunFailed: the loss became NaN; the record says at which step.
    """
    config, began = setup.config, datetime.now(UTC)
    name = run_id(config, setup.seed)
    run = Run(name, config.name, setup.seed, folder, config.resolved(), began.isoformat())
    with Tracker(loggers, folder.parents[1], run) as tracker:
        return _train(setup, folder, progress, callbacks, tracker, began, test)


def _train(
    setup: Setup,
    folder: Path,
    progress: Progress,
    callbacks: Sequence[keras.callbacks.Callback],
    tracker: Tracker,
    began: datetime,
    test: bool,
) -> RunRecord:
    config, model = setup.config, setup.model
    write_yaml(folder / "config.yaml", config.resolved())
    journal = Journal(setup, folder, progress, callbacks, tracker.add)
    journal.resume(setup.stages)
    done = journal.state.epochs
    last = min(config.train.epochs, config.train.stop_after or config.train.epochs)
    per_epoch = setup.steps_per_epoch
    progress.start(run_id(config, setup.seed), last * per_epoch, done * per_epoch)
    state = journal.state
    with closing(journal.scalars):
        learn(setup, journal, callbacks, last)
    if model.stop_training and state.epochs < last and not state.stopped:
        state.stopped = f"told so by a callback ({', '.join(state.callbacks)})"
    record = RunRecord(folder, describe(setup, state))
    record["timing"] |= {"started": began.isoformat(), "ended": datetime.now(UTC).isoformat()}
    if journal.nan_step is not None:
        problem = f"the loss became NaN or infinite at step {journal.nan_step}"
        record |= {"status": "failed", "error": problem}
        write_json(folder / "record.json", record)
        tracker.end(record)
        progress.end(record)
        raise RunFailed(f"{record['run_id']}: {problem}")
    if journal.best_weights:
        model.set_weights(journal.best_weights)
    record["metrics"] = _measure(setup, record, test) | record["metrics"]
    _finish(setup, journal, record)
    tracker.end(record)
    progress.end(record)
    return record


def learn(
    setup: Setup, journal: Journal, callbacks: Sequence[keras.callbacks.Callback], last: int
) -> None:
    """Train for the epochs of a run that are left, up to `last`."""
    model, state, per_epoch = setup.model, journal.state, setup.steps_per_epoch
    for end in setup.stages.ends(last):
        if state.epochs > end:
            continue  # The stage ended before the run was interrupted.
        setup.stages.enter(min(state.epochs, end - 1))
        # With no epoch left, fit still applies the averaged weights.
        epochs = state.epochs if state.stopped else end
        heard = Callbacks(journal, callbacks, model, epochs=epochs, steps=per_epoch)
        count = steps_at_once(setup, heard.steps_are_heard)
        journal.at_once = AtOnce(model, count, per_epoch) if count > 1 else None
        if journal.at_once:
            model.train_function, model.steps_per_execution = journal.at_once, count
        with feed(setup, state.epochs) as read:
            model.fit(
                read,
                steps_per_epoch=per_epoch,
                initial_epoch=state.epochs,
                epochs=epochs,
                callbacks=heard,
                shuffle=False,  # The batches come shuffled.
                verbose=0,
            )
        if model.stop_training or state.stopped:
            return


def _measure(setup: Setup, record: RunRecord, test: bool) -> dict[str, float]:
    """Measure the trained model, and write its predictions for the test images."""
    metrics: dict[str, float] = {}
    if test:
        answers, rate = timed_logits(setup.model, setup.test.samples)
        labels = setup.test.labels
        probabilities = softmax(answers, axis=1)
        metrics = {f"test_{key}": value for key, value in evaluate(answers, labels).items()}
        metrics |= evaluate_classes(answers, labels)
        metrics["calibration_error"] = calibration_error(probabilities, labels)
        record["timing"]["inference_images_per_second"] = rate
        write_predictions(record.folder / "predictions.npz", probabilities, labels)
    else:
        record["status"] = "untested"
    validation = setup.validation
    if len(validation):
        answers = logits(setup.model, validation.samples)
        found = evaluate(answers, validation.labels)
        found |= evaluate_classes(answers, validation.labels)
        metrics |= {f"val_{key}": value for key, value in found.items()}
    return metrics


def _finish(setup: Setup, journal: Journal, record: RunRecord) -> None:
    """Write the remaining files, the record last."""
    folder, dataset, state = record.folder, setup.dataset, journal.state
    write_history(folder, state.history)
    write_csv(folder / "steps.csv", ("step", "loss", "error_rate"), state.steps)
    if state.tests:
        write_csv(folder / "tests.csv", ("step", "error_rate"), state.tests)
    with precision(setup.config.train.precision):
        plain = build_model(setup.config.model, dataset)  # Without the optimizer and its slots.
    plain.set_weights(setup.model.get_weights())

    def write(temporary: Path) -> None:
        plain.save(temporary)
        add_to_archive(temporary, of_record(record))

    write_atomically(folder / "model.keras", write)
    if record["status"] != "untested":
        write_prefixes(folder / "prefixes.npz", setup.config.model["family"], plain, setup.test)
    write_json(folder / "record.json", record)
    train = setup.config.train
    ended_for_good = state.stopped or (train.schedule and not train.stop_after)
    if record["status"] != "untested" and ended_for_good:  # A longer run may go on from others.
        (folder / "checkpoint.npz").unlink(missing_ok=True)
