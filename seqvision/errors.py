"""What seqvision raises when something is wrong that a person can mend.

The command line prints the message of a `SeqvisionError` on one line, without a traceback, and
exits with 2; a message therefore says what was wrong, where, and what would be right.
"""

import difflib
from collections.abc import Iterable


class SeqvisionError(Exception):
    """Wrong input. The base of every error that seqvision raises on purpose."""


class ConfigError(SeqvisionError):
    """A config that cannot be read or does not hold together."""


class DataError(SeqvisionError):
    """A data file that is damaged or does not fit; no other dataset may take its place."""


class DataUnavailable(SeqvisionError):
    """A dataset that was not found or downloaded; a config's `offline:` one may take its place.

    Args:
        what: what is not there, and why.
        remedy: what one can do about it, as the beginning of a sentence.
    """

    def __init__(self, what: str, remedy: str = ""):
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}. {self.remedy}" if self.remedy else self.what


class UnknownName(SeqvisionError, LookupError):
    """A name that no registry holds."""


class Busy(SeqvisionError):
    """A run that another process is working on; nothing is wrong with it."""


class NothingToShow(SeqvisionError):
    """Records that lack what a chart shows; a report says so in the chart's place."""


class RunFailed(SeqvisionError):
    """A run that started and failed, for instance when its loss became NaN: exit code 1."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'gru'?"` for the nearest known name, or nothing when none is near."""
    near = difflib.get_close_matches(wrong, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
