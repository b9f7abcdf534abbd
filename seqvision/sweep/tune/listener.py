"""Who hears of a search as it goes."""

from seqvision.sweep.schedule import Listener
from seqvision.sweep.tune.trial import Told


class SearchListener(Listener):
    """Hears of trials as well as of runs. This method does nothing."""

    def told(self, told: Told, best: Told | None) -> None:
        """A trial ended; the best so far."""
