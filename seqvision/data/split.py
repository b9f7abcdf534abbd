"""Fixed splits, stratified by class: the same on every machine and with every library version."""

import logging
from typing import TYPE_CHECKING

import numpy as np

from seqvision.data.notes import some
from seqvision.data.scatter import scattered
from seqvision.data.whole_groups import held_out
from seqvision.errors import DataError

if TYPE_CHECKING:
    from seqvision.data.base import Dataset, Split

log = logging.getLogger("seqvision")


def stratified(
    labels: np.ndarray, count: int, seed: int = 0, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Split samples into `(kept, taken)`, their indices: `count` are taken, each class's share.

    Which ones depends on a hash of each sample's index, not on a random generator, which may change
    with NumPy. Each class keeps one sample at least, so fewer than `count` may be taken.

    Groups stay whole: about as many are taken, see `whole_groups.held_out`.

    Args:
        labels: `(n,)`.
        seed: another one takes other samples.
        groups: what each comes from, `(n,)`, if it is known.
    """
    if groups is not None and count:
        share = np.full(len(np.unique(labels)), count / len(labels))
        return held_out(labels, groups, share, seed)
    order = np.lexsort((scattered(len(labels), seed), labels))  # by class, then by hash
    # Every (n / count)-th of all samples, sorted by class, gives each class its share.
    ends = (np.arange(count) + 0.5) * len(labels) / count if count else np.empty(0)
    taken = np.sort(order[ends.astype(int)])
    kept = np.setdiff1d(np.arange(len(labels)), taken)
    if len(emptied := np.setdiff1d(labels, labels[kept])):
        firsts = order[np.searchsorted(labels[order], emptied)]
        kept, taken = np.union1d(kept, firsts), np.setdiff1d(taken, firsts)
    return kept, taken


def train_and_validation(
    dataset: "Dataset", validation: int | float, training: int | None = None, seed: int = 0
) -> tuple["Split", "Split"]:
    """Return training and validation samples.

    A dataset that has its own validation samples keeps all its training samples for training.

    Args:
        validation: a share or a count of the training samples, the config's `data.validation`.
        training: how many of the others to train on, the config's `data.training`; all if None.
        seed: which ones.

    Raises:
        DataError: as `split_validation` and `some_of`.
    """
    if dataset.validation is not None:
        parts = dataset.train, dataset.validation
    else:
        parts = split_validation(dataset.train, validation, dataset.relative_size)
    return (parts[0] if training is None else some_of(parts[0], training, seed)), parts[1]


def some_of(split: "Split", count: int, seed: int) -> "Split":
    """Some samples of a split, of each class its share and one at least, others for another seed.

    Of a split with groups these are whole groups, about as many samples.

    Raises:
        DataError: there are fewer samples, or more classes.
    """
    classes = len(np.unique(split.labels))
    if not classes <= count <= len(split):
        raise DataError(
            f"data.training: {count:,} of {len(split):,} training samples in {classes:,} classes: "
            "expected no more than there are, and one of each class at least"
        )
    kept, _ = stratified(split.labels, len(split) - count, seed, split.groups)
    return split.take(kept)


def split_validation(
    split: "Split", validation: int | float, relative_size: float = 1.0
) -> tuple["Split", "Split"]:
    """Take validation samples from the training samples: `(training, validation)`.

    Of a split with groups these are whole groups, about as many samples.

    Args:
        validation: a share, or a count, which is multiplied by `relative_size`.
        relative_size: below 1 when a smaller dataset stands in for the one the count was meant for.

    Raises:
        DataError: nothing is left to train on, or no sample can be spared.
    """
    share = isinstance(validation, float)
    count = round(validation * len(split)) if share else round(validation * relative_size)
    if validation and not count:
        count = 1
    if count >= len(split):
        raise DataError(
            f"data.validation: {count:,} validation samples leave nothing of "
            f"{len(split):,} training samples"
        )
    kept, taken = stratified(split.labels, count, groups=split.groups)
    if count and not len(taken):
        what = "class can spare any" if split.groups is None else "group can be spared"
        raise DataError(
            f"data.validation: no {what} of {len(split):,} training samples, as each class keeps "
            "one to train on"
        )
    return split.take(kept), split.take(taken)


def thin_validation(validation: "Split", class_names: tuple[str, ...]) -> str | None:
    """A sentence, logged as a warning, if validation holds under two samples of a class.

    Such a class says next to nothing about which epoch or model is better.
    """
    counts = np.bincount(validation.labels, minlength=len(class_names))
    thin = np.flatnonzero(counts < 2)
    if not len(validation) or not len(thin):
        return None
    names = some([f"{class_names[label]!r}" for label in thin])
    sentence = (
        f"validation holds under two samples of {len(thin)} of {len(class_names)} classes: {names}"
    )
    log.warning("data.validation: %s", sentence)
    return sentence
