"""Deals whole groups, such as the samples of a person, into parts in which classes are even.

As `sklearn.model_selection.StratifiedGroupKFold` does for parts of one size; here parts may be of
any sizes, such as four fifths and one, and a seed gives other parts.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from seqvision.data.notes import Notes
from seqvision.data.scatter import scattered

_ORDERS = 20
"""Orders in which groups are dealt; the most even result counts."""
_ROUNDS = 20
"""Rounds of an order at most; few take more than five."""
_UNIT = 2**24
"""Shares are whole multiples of 1 / 2²⁴: sums of them are exact on every machine."""


def dealt(labels: np.ndarray, groups: np.ndarray, wanted: np.ndarray, seed: int = 0) -> np.ndarray:
    """The part of each sample, `(n,)` from 0: that of its group.

    Groups are taken in an order given by a hash. Each goes where it makes the parts most even: the
    sum of squares is the least of how far each part's share of each class, and its share of all
    samples, is from the wanted one. Round after round each group is taken out and put back where it
    now serves best, until none moves. Of 20 orders the most even result is returned.

    Args:
        labels, groups: `(n,)`.
        wanted: the share of each class, in the order of its label, that each part is to have,
            `(parts, classes)`; over the parts they are 1.
        seed: another one gives other orders.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    counts = _counts(labels, group_of, len(names))
    sizes = counts.sum(axis=0)
    shares = np.rint(counts * (_UNIT / sizes)).astype(np.int64)
    of_all = wanted @ (sizes[:-1] / len(labels))
    goal = np.rint(np.column_stack([wanted, of_all]) * _UNIT).astype(np.int64)
    hashes = scattered(_ORDERS * len(names), seed).reshape(_ORDERS, -1)
    orders = np.argsort(hashes, axis=1, kind="stable")
    parts = _dealt_in_orders(shares, goal, orders)
    missing = goal - np.stack([_sums(shares, each, len(goal)) for each in parts])
    return parts[np.argmin((missing**2).sum(axis=(1, 2)))][group_of]


def _dealt_in_orders(shares: np.ndarray, goal: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """The part of each group, dealt in each of some orders, `(orders, groups)`.

    Args:
        shares: of each class that each group has, `(groups, classes)`, whole numbers.
        goal: that each part is to have, `(parts, classes)`.
        orders: `(orders, groups)`.
    """
    every = np.arange(len(orders))
    missing = np.repeat(goal[None], len(orders), axis=0)
    parts = np.full(orders.shape, -1)
    for _ in range(_ROUNDS):
        before = parts.copy()
        for groups in orders.T:
            taken, was = shares[groups], parts[every, groups]
            there = was >= 0
            missing[every[there], was[there]] += taken[there]
            # The squares of what is missing fall by twice this, and rise by the same for all parts.
            fits = np.einsum("opc,oc->op", missing, taken)
            fits[every[there], was[there]] += 1  # Among equals it stays.
            best = fits.argmax(axis=1)
            parts[every, groups] = best
            missing[every, best] -= taken
        if np.array_equal(parts, before):
            break
    return parts


def held_out(
    labels: np.ndarray, groups: np.ndarray, share: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Split samples into `(kept, taken)`, their indices, by whole groups.

    Each class keeps one sample at least, so that groups without which it had none are given back,
    the smallest first; and one group is taken at least, if one can be.

    Args:
        labels, groups: `(n,)`.
        share: what is to be taken of each class, in the order of its label, `(classes,)`.
        seed: another one takes other groups.
    """
    names, group_of = np.unique(groups, return_inverse=True)
    counts = _counts(labels, group_of, len(names))
    out = np.zeros(len(names), bool)
    out[group_of] = dealt(labels, groups, np.stack([1 - share, share]), seed) == 1
    while len(emptied := np.flatnonzero(counts[~out].sum(axis=0) == 0)):
        holders = np.flatnonzero(out & (counts[:, emptied[0]] > 0))
        out[holders[np.argmin(counts[holders, -1])]] = False
    if not out.any():
        spared = np.flatnonzero((counts < counts.sum(axis=0)).all(axis=1))
        out[spared[np.argsort(counts[spared, -1], kind="stable")[:1]]] = True
    return np.flatnonzero(~out[group_of]), np.flatnonzero(out[group_of])


def _counts(labels: np.ndarray, group_of: np.ndarray, groups: int) -> np.ndarray:
    """How many samples of each class a group has, and in all: `(groups, classes + 1)`."""
    classes, class_of = np.unique(labels, return_inverse=True)
    counts = np.zeros((groups, len(classes) + 1), np.int64)
    np.add.at(counts, (group_of, class_of), 1)
    counts[:, -1] = counts.sum(axis=1)
    return counts


def _sums(shares: np.ndarray, parts: np.ndarray, count: int) -> np.ndarray:
    """What each part has of each class, `(parts, classes)`."""
    sums = np.zeros((count, shares.shape[1]), np.int64)
    np.add.at(sums, parts, shares)
    return sums


def numbered_groups(
    groups: Mapping[str, Sequence[str] | np.ndarray | None], notes: Notes
) -> dict[str, np.ndarray]:
    """Groups of each part as whole numbers, the same in all; none if a part has none."""
    known = {part: np.asarray(of) for part, of in groups.items() if of is not None}
    if len(known) < len(groups):
        if known:
            others = " and ".join(part for part in groups if part not in known)
            notes.warning(f"groups are not used, as {others} samples have none")
        return {}
    _, numbers = np.unique(np.concatenate(list(known.values())), return_inverse=True)
    ends = np.cumsum([len(of) for of in known.values()])[:-1]
    return dict(zip(known, np.split(numbers.astype(np.int64), ends), strict=True))
