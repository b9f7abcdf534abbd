"""What was decided while a dataset was read: said on stderr, and kept for the record."""

import logging

log = logging.getLogger("seqvision")


class Notes:
    """Sentences about one source, each said once.

    Args:
        source: where the images come from; it leads each sentence that is said.
    """

    def __init__(self, source: str):
        self.source = source
        self.sentences: list[str] = []

    def info(self, sentence: str) -> None:
        """What is as one would expect."""
        self._add(logging.INFO, sentence)

    def warning(self, sentence: str) -> None:
        """What a person has to know, as they may have meant it otherwise."""
        self._add(logging.WARNING, sentence)

    def _add(self, level: int, sentence: str) -> None:
        if sentence not in self.sentences:
            self.sentences.append(sentence)
            log.log(level, "%s: %s", self.source, sentence)


def some(names: list[str], most: int = 3) -> str:
    """A list's first names: `a, b, c, …`."""
    return ", ".join([*names[:most], "…"][: len(names)] if len(names) > most else names)
