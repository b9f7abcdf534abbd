"""Training and test samples drawn anew from all of a dataset: resamples and folds.

Validation samples of a dataset's own are drawn anew too. Kept as they came they might be of the
same persons or machines as those that are now tested with, and choosing by them would leak.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seqvision.data.notes import log, some
from seqvision.data.resampling import Resampling
from seqvision.data.scatter import scattered
from seqvision.data.split import split_validation
from seqvision.data.whole_groups import dealt, held_out
from seqvision.errors import DataError

if TYPE_CHECKING:
    from seqvision.data.base import Dataset, Split


def redrawn(dataset: "Dataset", resampling: Resampling) -> "Dataset":
    """The dataset with training and test samples drawn anew from both together.

    If it has validation samples of its own, these are drawn too: they are trained with until test
    samples are drawn; of the others then as large a share is taken as they were, of each class its
    own and of groups whole ones, as `split_validation` does. The record's notes say so.

    Raises:
        DataError: as `resample`, `fold` and `split_validation`.
    """
    if resampling.is_own:
        return dataset
    before, own = dataset.train, dataset.validation
    if own is not None:
        before = before.joined(own)
    whole = before.joined(dataset.test)
    if resampling.folds:
        kept, taken = fold(whole, resampling.folds, resampling.fold, dataset.class_names)
    else:
        kept, taken = resample(whole, len(before), resampling.resample, dataset.class_names)
    train, notes = whole.take(kept), dataset.notes
    if own is not None:
        train, own = split_validation(train, len(own) / len(before))
        sentence = (
            "its own training, validation and test samples are drawn anew together, "
            f"{len(own):,} of them for validation"
        )
        log.info("%s: %s", dataset.source, sentence)
        notes = (*notes, sentence)
    return replace(
        dataset,
        train=train,
        test=whole.take(taken),
        validation=own,
        notes=notes,
        drawn_from=dataset.checksum,
    )


def resample(
    whole: "Split", size: int, seed: int, class_names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw as many training samples of each class as there were: `(training, test)`, indices.

    For series without groups these are the resamples of the UCR and UEA archives' published
    results, number for number, as long as the files are read in order: `stratified_resample_data`
    of tsml-eval and aeon. One `numpy.random.RandomState(seed)` shuffles the indices of each class
    in turn, in the order of the classes' names as texts (so "10" comes before "2"); the first of
    them, as many as the class had training samples, are trained on, class after class, and the
    others tested with. (Results that were made with tsml's Java code drew other resamples.)

    Groups stay whole, so that sizes are only nearly the same: `held_out`, with the shares of each
    class that the test samples had.

    Args:
        whole: training samples, then test samples.
        size: the number of training samples.
        class_names: what labels stand for.

    Raises:
        DataError: no group can be spared to test with.
    """
    labels, classes = whole.labels, len(class_names)
    trained = np.bincount(labels[:size], minlength=classes)
    if whole.groups is not None:
        sizes = np.bincount(labels, minlength=classes)
        share = 1 - trained[sizes > 0] / sizes[sizes > 0]
        kept, taken = held_out(labels, whole.groups, share, seed)
        if not len(taken):
            raise DataError(
                "data.resample: no group can be spared to test with, as each class keeps one to "
                "train on"
            )
        return kept, taken
    generator = np.random.RandomState(seed)
    kept, taken = [], []
    for label in sorted(range(classes), key=lambda label: class_names[label]):
        indices = np.flatnonzero(labels == label)
        generator.shuffle(indices)
        kept.append(indices[: trained[label]])
        taken.append(indices[trained[label] :])
    return np.concatenate(kept), np.concatenate(taken)


def fold(
    whole: "Split", folds: int, number: int, class_names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Deal all samples into parts of one size and take part `number`: `(training, test)`, indices.

    Samples are sorted by class and within it by a hash of their index, then dealt in turns: parts
    differ by one sample at most, in all and of each class. Whole groups are dealt by
    `whole_groups.dealt`.

    Raises:
        DataError: there are fewer samples, or groups, than parts; or no sample of a class is left
            to train on.
    """
    labels, groups = whole.labels, whole.groups
    units = len(labels) if groups is None else len(np.unique(groups))
    if units < folds:
        kind = "samples" if groups is None else "groups"
        raise DataError(f"data.folds: {units:,} {kind} cannot be dealt into {folds:,} parts")
    if groups is None:
        part = np.empty(len(labels), np.int64)
        part[np.lexsort((scattered(len(labels)), labels))] = np.arange(len(labels)) % folds
    else:
        classes = len(np.unique(labels))
        part = dealt(labels, groups, np.full((folds, classes), 1 / folds))
    kept, taken = np.flatnonzero(part != number), np.flatnonzero(part == number)
    if len(untrained := np.setdiff1d(labels[taken], labels[kept])):
        names = some([repr(class_names[label]) for label in untrained])
        of = "" if groups is None else ", as groups stay whole"
        raise DataError(
            f"data.fold: all samples of {names} are in fold {number} of {folds}{of}: none is left "
            "to train on; leave such classes out, or take fewer folds"
        )
    return kept, taken
