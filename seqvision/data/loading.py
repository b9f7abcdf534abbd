"""Loads the dataset that a config names or, with a warning, the one that stands in for it."""

import logging
from dataclasses import replace
from typing import Any

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.redrawn import redrawn
from seqvision.data.resampling import Resampling
from seqvision.errors import DataUnavailable
from seqvision.specs import build, name_and_options

log = logging.getLogger("seqvision")

_OWN = Resampling()


def load(
    spec: str | dict[str, Any],
    offline: str | dict[str, Any] | None = None,
    resampling: Resampling = _OWN,
) -> Dataset:
    """Load a dataset by its spec, `mnist` or `{name: npz, path: digits.npz}`.

    Args:
        offline: the dataset to use when `spec` is not available.
        resampling: which samples are tested with.

    Raises:
        DataUnavailable: it is neither on this machine nor can be downloaded, and `offline` is None.
        DataError: its files are damaged, and nothing stands in for them; or samples cannot be drawn
            as `resampling` says.
    """
    return redrawn(_as_it_came(spec, offline), resampling)


def _as_it_came(spec: str | dict[str, Any], offline: str | dict[str, Any] | None) -> Dataset:
    name, _ = name_and_options(spec)
    try:
        return build(DATASETS, spec)
    except DataUnavailable as error:
        card = DATASETS.entry(name).card
        if offline is None:
            remedy = error.remedy or (
                f"Set SEQVISION_DATA to a folder that holds {name}/, go online once"
            )
            other = "digit-outlines" if card.get("kind") == "series" else "mnist-5k"
            raise DataUnavailable(
                error.what,
                f"{remedy}, or name a dataset to stand in: `data: {{offline: {other}}}`",
            ) from None
        dataset = build(DATASETS, offline)
        asked_size = card.get("train_size", len(dataset.train))
        log.warning(
            "%s. USING %s INSTEAD: %s training and %s test samples.",
            error.what,
            dataset.name,
            f"{len(dataset.train):,}",
            f"{len(dataset.test):,}",
        )
        return replace(dataset, stands_in_for=name, relative_size=len(dataset.train) / asked_size)
