"""The loggers that a person has chosen: checked and made ready before any run begins."""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.extras import check_installed
from seqvision.loggers import LOGGERS
from seqvision.loggers.base import Logger
from seqvision.registry import as_elsewhere
from seqvision.specs import build, check_spec, name_and_options

log = logging.getLogger("seqvision")

Spec = str | dict[str, Any]
"""`mlflow`, `mlflow:uri=sqlite:///mine.db`, or `{name: mlflow, uri: sqlite:///mine.db}`."""


def chosen(loggers: Iterable[Spec], *, elsewhere: bool = False) -> list[Spec]:
    """Check loggers, and return them as specs.

    Args:
        elsewhere: whether other processes, too, have to know them.

    Raises:
        SeqvisionError: a name or an option is unknown, or what a logger needs is not installed.
    """
    found = []
    for given in [loggers] if isinstance(loggers, (str, dict)) else loggers:
        try:
            spec = check_spec("logger", _read(given) if isinstance(given, str) else given)
            if elsewhere:
                with as_elsewhere():
                    check_spec("logger", spec)
        except SeqvisionError as error:
            raise SeqvisionError(f"logger {given}: {error}") from None
        name, _ = name_and_options(spec)
        card = LOGGERS.entry(name).card
        check_installed(f"logger {name}", card.get("packages", ()), card.get("extra", name))
        found.append(spec)
    return found


def build_logger(spec: Spec, results: Path) -> Logger:
    """The logger that a checked spec names."""
    return build(LOGGERS, spec, results)


def prepare(loggers: Iterable[Spec], results: Path) -> None:
    """Make what runs will log to, and say where that is.

    Raises:
        SeqvisionError: it cannot be made.
    """
    for spec in loggers:
        logger = build_logger(spec, results)
        name, _ = name_and_options(spec)
        try:
            logger.prepare()
        except Exception as error:
            raise SeqvisionError(f"logger {name}: {said(error)}") from None
        log.info("runs are logged to %s: %s", name, logger.where)


def said(error: Exception) -> str:
    """An error in a line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _read(text: str) -> Spec:
    """Read `NAME` or `NAME:OPTION=VALUE,OPTION=VALUE`, in which values are texts."""
    name, colon, options = text.partition(":")
    if not colon:
        return name
    pairs = [pair.partition("=") for pair in re.split(r",(?=\w+=)", options)]
    if not all(key and equals for key, equals, _ in pairs):
        raise SeqvisionError("expected NAME or NAME:OPTION=VALUE, such as mlflow:experiment=mine")
    return {"name": name, **{key: value for key, _, value in pairs}}
