"""How a run reports its progress, which the command line shows."""

from typing import Any

from seqvision.runs.record import RunRecord


class Progress:
    """Receives the events of a run. These methods do nothing: override those of interest."""

    def start(self, title: str, total_steps: int, done_steps: int) -> None:
        """Training begins, or goes on after `done_steps`."""

    def step(self, done_steps: int, loss: float, error: float) -> None:
        """So many training steps ended; the running loss and error rate (a share) of this epoch.

        Called a few times a second, with the last step whose loss is known.
        """

    def test(self, epoch: int, step: int, error: float) -> None:
        """The test error was measured, at `step` of the run, in `epoch` (from 1)."""

    def ask(self, row: dict[str, Any]) -> str | None:
        """Decide whether to go on after an epoch; `row` will be its line of history.csv.

        Asked before the epoch's checkpoint, so a run that is killed in between asks again.

        Returns:
            The reason to end with this epoch; None to go on.
        """

    def epoch(self, row: dict[str, Any]) -> None:
        """An epoch ended; `row` is its line of history.csv."""

    def end(self, record: RunRecord) -> None:
        """The run ended; `record` is what record.json holds."""
