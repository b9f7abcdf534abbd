"""What is decided while a dataset is read: logged, and kept for the record."""

import logging

log = logging.getLogger("seqvision")


class Notes:
    """Sentences about one source, each logged once.

    Args:
        source: where the samples come from; each logged sentence begins with it.
        logged: False where they are told elsewhere.
    """

    def __init__(self, source: str, *, logged: bool = True):
        self.source, self.logged = source, logged
        self.sentences: list[str] = []

    def info(self, sentence: str) -> None:
        """Note what one would expect."""
        self._add(logging.INFO, sentence)

    def warning(self, sentence: str) -> None:
        """Note what a person may have meant otherwise."""
        self._add(logging.WARNING, sentence)

    def _add(self, level: int, sentence: str) -> None:
        if sentence not in self.sentences:
            self.sentences.append(sentence)
            if self.logged:
                log.log(level, "%s: %s", self.source, sentence)


def some(names: list[str]) -> str:
    """The first three of a list: `a, b, c, …`."""
    return ", ".join(names if len(names) <= 3 else [*names[:3], "…"])
