"""Series of unequal length, kept one after another, so that memory holds what was observed."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np


class Series:
    """Series `(steps, features)` of numbers, float32, NaN where nothing was observed.

    A series ends with its last observed step. `series[3]` is one of them, `series[10:20]` and
    `series[indices]` are some; NumPy takes series as an array `(n, steps, features)` in which the
    shorter ones end in NaN: `numpy.asarray(series[10:20])` is a padded batch.

    Args:
        values: the steps of all series, one after another, `(steps of all, features)`.
        lengths: the number of steps of each, `(n,)`; at least 1.
    """

    def __init__(self, values: np.ndarray, lengths: np.ndarray):
        self.values = values
        self.lengths = lengths
        self._ends = np.cumsum(lengths)

    @classmethod
    def of(cls, each: Sequence[np.ndarray]) -> "Series":
        """From arrays `(steps, features)`, whose last steps may be NaN throughout; 0 or more."""
        trimmed = [_trimmed(np.asarray(one, np.float32)) for one in each]
        lengths = np.array([len(one) for one in trimmed], np.int64)
        values = np.concatenate(trimmed) if trimmed else np.empty((0, 1), np.float32)
        values[np.isnan(values)] = np.nan  # All alike, so that checksums are.
        return cls(values, lengths)

    @property
    def shape(self) -> tuple[int, None, int]:
        """`(n, None, features)`: the steps are of any number."""
        return len(self), None, self.values.shape[1]

    @property
    def ndim(self) -> int:
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    @property
    def nbytes(self) -> int:
        return self.values.nbytes + self.lengths.nbytes

    @property
    def steps(self) -> int:
        """The steps of the longest; 0 of none."""
        return int(self.lengths.max(initial=0))

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice | np.ndarray | list[int]) -> "Series": ...

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, (int, np.integer)):
            index = range(len(self))[index]  # Counted from the end if negative, as usual.
            return self.values[self._ends[index] - self.lengths[index] : self._ends[index]]
        taken = np.arange(len(self))[index]
        values = [self[one] for one in taken.tolist()]
        return Series(np.concatenate([self.values[:0], *values]), self.lengths[taken])

    def joined(self, other: "Series") -> "Series":
        """These series, then the other's."""
        values = np.concatenate([self.values, other.values])
        return Series(values, np.concatenate([self.lengths, other.lengths]))

    def padded(self, steps: int | None = None) -> np.ndarray:
        """All as `(n, steps, features)`, NaN after the end of each.

        Args:
            steps: at least those of the longest; exactly these if not given.
        """
        steps = self.steps if steps is None else steps
        batch = np.full((len(self), steps, self.values.shape[1]), np.nan, np.float32)
        batch[np.arange(steps) < self.lengths[:, None]] = self.values
        return batch

    def cut(self, steps: int, keep: str, generator: np.random.Generator | None = None) -> "Series":
        """The same, of each series `steps` at most.

        Args:
            keep: its `head`, its `tail`, or a `window`: the middle or, given a
                generator, any.
        """
        surplus = np.maximum(self.lengths - steps, 0)
        if keep == "head":
            first = np.zeros_like(surplus)
        elif keep == "tail":
            first = surplus
        elif generator is None:
            first = surplus // 2
        else:
            first = generator.integers(surplus + 1)
        ends = np.minimum(first + steps, self.lengths)
        return Series.of([self[n][a:b] for n, (a, b) in enumerate(zip(first, ends, strict=True))])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("series become an array only by a copy")
        return self.padded() if dtype is None else self.padded().astype(dtype)

    def __repr__(self) -> str:
        features = self.values.shape[1]
        return f"<Series: {len(self)} of up to {self.steps} steps, {features} features>"


def _trimmed(one: np.ndarray) -> np.ndarray:
    """Without the steps after the last observed one."""
    seen = np.flatnonzero(~np.isnan(one).all(axis=1))
    return one[: seen[-1] + 1] if len(seen) else one[:0]
