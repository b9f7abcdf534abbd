"""Who hears of a search as it goes."""

from typing import TYPE_CHECKING

from seqvision.sweep.schedule import Listener

if TYPE_CHECKING:  # Without keras-tuner, which takes seconds.
    from seqvision.sweep.tune.proposals import Told


class SearchListener(Listener):
    """Hears of trials as well as of runs. This method does nothing."""

    def told(self, told: "Told", best: "Told | None") -> None:
        """A trial ended; the best so far."""
