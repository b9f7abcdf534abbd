"""From the parts of a dataset, as a source has them, to one that has passed every check."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from seqvision.data.base import Arrays, Dataset, Pair, Split
from seqvision.data.channels import channels_last
from seqvision.data.labels import check_classes, numbered
from seqvision.data.notes import Notes
from seqvision.data.pixels import scaled
from seqvision.data.split import stratified
from seqvision.data.whole_groups import numbered_groups
from seqvision.errors import DataError


def make_dataset(
    name: str,
    arrays: Arrays | Pair,
    source: str,
    class_names: tuple[str, ...] | None = None,
    *,
    validation: Pair | None = None,
    test: float | None = None,
    pixels: str = "auto",
    groups: Mapping[str, np.ndarray | None] | None = None,
    notes: Notes | None = None,
) -> Dataset:
    """Return a dataset after a check that its arrays fit together.

    Args:
        arrays: training images and labels, test images and labels; or images and labels alone.
            Images are `(n, height, width[, channels])` or `(n, channels, height, width)`.
        source: where they came from, in words.
        class_names: what labels from 0 stand for; the labels' own values if not given.
        validation: the images and labels of a validation part, if there is one.
        test: the share of each class that is held out if there are no test images; a fifth if not
            given.
        pixels: the values of black and white, `0..1`; `auto` infers them from all pixels.
        groups: what each image comes from, such as a person, `(n,)`, by `training`, `test` and
            `validation`; no split divides them.
        notes: what was decided so far.

    Raises:
        DataError: it says which part is wrong and how.
    """
    notes = notes or Notes(source)
    parts: dict[str, Pair] = {"training": arrays[:2]}
    if validation is not None:
        parts["validation"] = validation
    if len(arrays) == 4:
        parts["test"] = arrays[2:]
    images = {part: channels_last(x, source, part, notes) for part, (x, _) in parts.items()}
    for part, (x, y) in parts.items():
        if y.shape[:1] != (len(x),):
            raise DataError(f"{source}: {len(x)} {part} images, but labels of {y.shape}")
    images, scale = scaled(images, pixels, source, notes)
    numbers = numbered_groups({part: (groups or {}).get(part) for part in parts}, notes)
    splits = {part: Split(images[part], y, numbers.get(part)) for part, (_, y) in parts.items()}
    return assembled(name, splits, source, class_names, test=test, scale=scale, notes=notes)


def assembled(
    name: str,
    splits: dict[str, Split],
    source: str,
    class_names: tuple[str, ...] | None,
    *,
    test: float | None,
    scale: str | None,
    notes: Notes,
    features: tuple[str, ...] | None = None,
) -> Dataset:
    """Return a dataset of checked samples, whose labels are of any kind.

    Args:
        splits: `training`, and `test` and `validation` if there are any.
        test: the share of each class that is held out if there is no `test`.
        features: the names of the features of series, if they have names.

    Raises:
        DataError: the parts do not fit together.
    """
    labels, class_names = numbered(
        {part: split.labels for part, split in splits.items()}, class_names, source, notes
    )
    splits = {part: replace(split, labels=labels[part]) for part, split in splits.items()}
    if "test" not in splits:
        splits |= _held_out(splits["training"], 0.2 if test is None else test, source)
    elif test is not None:
        count = len(splits["test"])
        notes.warning(f"its own {count:,} samples are tested with, whatever `test` is")
    for part, split in splits.items():
        if (shape := split.samples.shape[1:]) != (expected := splits["training"].samples.shape[1:]):
            raise DataError(f"{source}: training samples are {expected}, {part} samples {shape}")
    check_classes({p: s.labels for p, s in splits.items()}, class_names, source, notes)
    _note_cut_groups(splits, notes)
    if own := splits.get("validation"):
        notes.info(
            f"its own {len(own):,} samples are used for validation, and all training samples to "
            "train on, whatever `data.validation` is"
        )
    return Dataset(
        name,
        splits["training"],
        splits["test"],
        class_names,
        source,
        validation=own,
        scale=scale,
        notes=tuple(notes.sentences),
        features=features,
    )


def _held_out(split: Split, share: float, source: str) -> dict[str, Split]:
    """One set, split by class into `training` and `test`."""
    kept, taken = stratified(split.labels, round(len(split) * share), groups=split.groups)
    if not len(taken):
        classes = len(np.unique(split.labels))
        if classes == len(split):
            why = "each sample has a label of its own; labels count classes from 0"
        elif split.groups is not None and share:
            why = "groups stay whole, and without any of them a class has none left to train on"
        else:
            why = f"{share:g} of {len(split):,} samples in {classes:,} classes comes to none"
        raise DataError(f"{source}: no sample can be held out for testing: {why}")
    return {"training": split.take(kept), "test": split.take(taken)}


def _note_cut_groups(splits: dict[str, Split], notes: Notes) -> None:
    """Say which parts, as they came, share groups with the training samples."""
    trained = splits["training"].groups
    for part, split in splits.items():
        if part == "training" or trained is None or split.groups is None:
            continue
        if shared := int(np.isin(split.groups, trained).sum()):
            notes.warning(
                f"{shared:,} of {len(split):,} {part} samples are of groups that are trained on "
                "too: what is measured on them flatters"
            )
