"""Who hears of a search as it goes."""

from seqvision.sweep.schedule import Listener
from seqvision.sweep.tune.trial import EndedTrial


class SearchListener(Listener):
    """Hears of trials as well as of runs."""

    def trial_ended(self, trial: EndedTrial, best: EndedTrial | None) -> None:
        """A trial ended; `best` is the best so far. Does nothing here."""
