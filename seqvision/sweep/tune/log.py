"""What a search asked its oracle and told it, in order: a JSON line each, on disk at once.

The first line holds the settings of the search, so that one with others does not go on with it.
"""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seqvision.config.schema import Config
from seqvision.config.tune import Tune
from seqvision.errors import SeqvisionError
from seqvision.runs.files import write_atomically


class Log:
    """The log of a search's folder.

    Args:
        settings: those of the search; a log with others is refused.

    Raises:
        SeqvisionError: the folder holds another search, and `forget` is not given; it says what
            has changed.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], *, forget: bool = False):
        self.path = folder / "log.jsonl"
        settings = json.loads(json.dumps(settings))
        lines = [] if forget else _whole_lines(self.path)
        if lines:
            before, now = _in_full(lines[0]), _in_full(settings)
            if before != now and any("tell" in line for line in lines):
                raise SeqvisionError(
                    f"{folder}: was begun with {_difference(before, now)}; "
                    "--force begins it anew, another name or --results keeps both"
                )
            lines = lines if before == now else []
        self.events: list[dict[str, Any]] = lines[1:]
        # Written anew, without a line that a kill cut short.
        text = "".join(json.dumps(line) + "\n" for line in [settings, *self.events])
        write_atomically(self.path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    def add(self, **event: Any) -> None:
        """Write an event; it is on disk when this returns."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.events.append(event)


def _whole_lines(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    lines = []
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def _in_full(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings, of this version or an earlier one, with the defaults of today."""
    tune = {key: value for key, value in settings.items() if key != "config"}
    try:
        tune = Tune.model_validate(tune).model_dump(mode="json", by_alias=True)
        config = Config.model_validate({"name": "search", **settings.get("config", {})})
    except ValidationError:  # An option that it was begun with is gone.
        return settings
    resolved = config.resolved()
    content = {section: resolved[section] for section in config.content()}
    return {**tune, "config": content}


def _difference(before: Any, now: Any, path: str = "") -> str:
    """`objective val_loss, not val_accuracy` for each place where two settings differ."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return f"{path} {_text(before)}, not {_text(now)}"
    differing = [k for k in {**before, **now} if before.get(k) != now.get(k)]
    inner = (
        _difference(before.get(k), now.get(k), f"{path}.{k}" if path else k) for k in differing
    )
    return "; ".join(inner)


def _text(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value).strip('"')


def asked(folder: Path) -> list[int]:
    """The numbers of the trials in a search's log."""
    return [event["ask"] for event in _whole_lines(folder / "log.jsonl")[1:] if event.get("ask")]
