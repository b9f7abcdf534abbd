"""Weights & Biases: a run of theirs for each run, in files unless one asks for more.

Not through their Keras callback, which needs TensorFlow and has Keras wait for each loss.
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from seqvision.loggers import LOGGERS
from seqvision.loggers.base import Logger, Point, Run, metrics_of

_ENDED = "seqvision-ended"
"""An empty file in the folder of a run that was logged to its end."""


@LOGGERS.register("wandb", packages=["wandb"], extra="wandb")
class WandB(Logger):
    """Weights & Biases: files in the results folder that `wandb sync` sends, or their servers."""

    def __init__(
        self,
        results: Path,
        project: str | None = None,
        mode: Literal["offline", "online"] | None = None,
    ):
        super().__init__(results)
        self.project = project or os.environ.get("WANDB_PROJECT") or "seqvision"
        self.mode = mode or os.environ.get("WANDB_MODE") or "offline"
        self.folder = Path(os.environ.get("WANDB_DIR") or results).absolute()

    @property
    def where(self) -> str:
        if self.mode == "online":
            return f"the project {self.project}"
        return f"wandb sync {self.folder / 'wandb' / 'offline-run-*'}"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def has(self, run: Run) -> bool:
        return any((each / _ENDED).exists() for each in self._folders(f"*-{_suffix_of(run)}"))

    def begin(self, run: Run) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # Nothing is sent unasked.
        wandb: Any = import_module("wandb")
        for each in self._folders(f"{_prefix_of(run)}-*"):
            if not (each / _ENDED).exists():
                shutil.rmtree(each, ignore_errors=True)
        self.run = wandb.init(
            project=self.project,
            group=run.name,
            name=run.run_id,
            # Of its own: what was deleted on their servers cannot be sent again.
            id=f"{_prefix_of(run)}-{_suffix_of(run)}",
            config={**run.parameters, "seed": run.seed, "started": run.started},
            dir=self.folder,
            mode=self.mode,
            reinit="create_new",  # Runs of the person's own are left alone.
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_code=True,
                disable_git=True,
                x_disable_stats=True,
                x_save_requirements=False,
            ),
        )

    def log(self, points: Sequence[Point]) -> None:
        for point in points:
            self.run.log(point.values, step=point.step)

    def end(self, record: Mapping[str, Any] | None) -> None:
        if record is not None:
            self.run.summary.update({**metrics_of(record), "status": record["status"]})
        self.run.finish(exit_code=int(record is None or record["status"] == "failed"))
        if record is not None:
            for each in self._folders(self.run.id):
                (each / _ENDED).touch()

    def _folders(self, pattern: str) -> list[Path]:
        """Folders of W&B's runs by their ids."""
        return list((self.folder / "wandb").glob(f"*run-*-{pattern}"))


def _prefix_of(run: Run) -> str:
    """What ids of the same run in the same folder begin with."""
    return _digest(f"{run.run_id} {run.folder.absolute()}")


def _suffix_of(run: Run) -> str:
    """What ends the id of this run, wherever its folder lies."""
    return _digest(f"{run.name} {run.seed} {run.started}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
