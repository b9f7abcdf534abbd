"""Which samples of a dataset are tested with: its own, those of a resample, or those of a fold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resampling:
    """Which samples are tested with: the dataset's own, or those of a resample or a fold."""

    resample: int = 0
    """0 is the dataset's own split."""
    folds: int | None = None
    fold: int = 0

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Resampling":
        """That of a config's `data` section, as plain data of this version or an earlier one."""
        return cls(data.get("resample") or 0, data.get("folds"), data.get("fold") or 0)

    @property
    def is_own(self) -> bool:
        """Whether it is the dataset's own split."""
        return self == Resampling()

    def described(self) -> dict[str, int]:
        """What a record says of it."""
        if self.folds:
            return {"folds": self.folds, "fold": self.fold}
        return {"resample": self.resample}
