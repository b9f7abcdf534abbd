"""What a layer says of the path it took."""

import logging

log = logging.getLogger("seqvision")


class TellsPath:
    """Mix into a layer that can compute in several ways.

    `layer.path` says after a call which way it took and why.
    """

    path = "not called yet"

    def _say(self, path: str) -> None:
        if path != self.path:
            self.path = path
            log.debug("%s: %s", self.name, path)  # type: ignore[attr-defined]
