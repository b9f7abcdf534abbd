"""Rows of an array that may be larger than memory: they are copied when they are read."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Remembered = Callable[[str, Callable[[], str]], str]
"""Returns the text that is known by a name; makes and keeps it if it is not."""

_BLOCK = 2**24  # bytes


class Rows:
    """Some rows of an array, such as one that is mapped from a file.

    `rows[3]` is one of them; `rows[10:20]` and `rows[indices]` are copies of some, arrays. `take`
    and `joined` copy nothing. NumPy takes all of them as an array: `numpy.asarray(rows)`.

    Args:
        array: `(n, …)`.
        index: which rows of it, whole numbers `(m,)`; all if not given.
        remembered: what is known of these rows and is kept with the array; nothing if not given.
    """

    def __init__(
        self,
        array: np.ndarray,
        index: np.ndarray | None = None,
        remembered: Remembered | None = None,
    ):
        self.array = array
        self.index = np.arange(len(array)) if index is None else index
        self.remembered = remembered

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self), *self.array.shape[1:]

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def nbytes(self) -> int:
        """The bytes of all rows, once they are copied."""
        return len(self) * self.array[:1].nbytes

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, index: Any) -> np.ndarray:
        first, rest = (index[0], index[1:]) if isinstance(index, tuple) else (index, ())
        some = self.array[self.index[first]]
        return some[(*((slice(None),) * np.ndim(self.index[first])), *rest)] if rest else some

    def take(self, index: np.ndarray) -> "Rows":
        """The rows at the indices `(m,)`."""
        return Rows(self.array, self.index[index], self.remembered)

    def joined(self, other: "Rows | np.ndarray") -> "Rows | np.ndarray":
        """These rows, then the other's; a copy if they are of two arrays."""
        if not isinstance(other, Rows) or other.array is not self.array:
            return np.concatenate([self, other])
        index = np.concatenate([self.index, other.index])
        return Rows(self.array, index, self.remembered)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("rows become an array only by a copy")
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def __repr__(self) -> str:
        return f"<Rows: {self.shape} of {self.dtype}>"


def taken(samples: Any, index: np.ndarray) -> Any:
    """The samples at the indices `(m,)`, of the same kind."""
    return samples.take(index) if isinstance(samples, Rows) else samples[index]


def blocks_of(array: np.ndarray | Rows) -> Iterator[np.ndarray]:
    """An array in parts that take little memory, if it is one of rows; else as it is."""
    if not isinstance(array, Rows):
        yield array
        return
    some = max(1, _BLOCK // max(1, array.array[:1].nbytes))
    for start in range(0, len(array), some):
        yield array[start : start + some]
