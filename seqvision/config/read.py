"""A config file as plain data, with the line and column of every key.

YAML 1.2 through ruamel.yaml: `1e-3` is a number, a key given twice is refused, and no tag makes
an object. Aliases are expanded up to a bound, so that a small file cannot fill the memory.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seqvision.errors import ConfigError

Position = tuple[str, int, int]
"""File (or option), line and column, counted from 1; line 0 when there is none."""

_LARGEST_FILE = 1_000_000  # bytes
_MOST_VALUES = 20_000
_DEEPEST = 30


@dataclass
class Document:
    """Plain values, and where each key of them was written."""

    values: dict[str, Any]
    positions: dict[tuple[str | int, ...], Position] = field(default_factory=dict)

    def where(self, path: tuple[str | int, ...]) -> str:
        """`file:line:col` of a path, or of the nearest thing above it that was written."""
        file, line, column = self.position(path)
        return f"{file}:{line}:{column}" if line else file

    def position(self, path: tuple[str | int, ...]) -> Position:
        """Where a path, or the nearest thing above it, was written."""
        lengths = range(len(path), -1, -1)
        found = (self.positions.get(path[:length]) for length in lengths)
        return next(filter(None, found), ("config", 0, 0))


def read_file(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        ConfigError: it cannot be read, does not parse, or is not a mapping.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ConfigError(f"{path}: larger than {_LARGEST_FILE:,} bytes, so not a config")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    return read_text(text, str(path))


def read_text(text: str, file: str) -> Document:
    """Read YAML text; `file` is what messages call it.

    Raises:
        ConfigError: it does not parse, or is not a mapping.
    """
    parsed = _parse(text, file)
    if not isinstance(parsed, CommentedMap):
        raise ConfigError(f"{file}:1:1: expected a mapping with the keys `name`, `data`, `model`")
    document = Document({}, {(): (file, 1, 1)})
    document.values = _Plain(document.positions, file).value(parsed, ())
    return document


def read_value(text: str, origin: str) -> Any:
    """Read one YAML value, such as the right-hand side of `--set`."""
    return _Plain({}, origin).value(_parse(text, origin), ())


def _parse(text: str, file: str) -> Any:
    try:
        return YAML(typ="rt", pure=True).load(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        problem = (error.problem or error.context or "not YAML").strip()
        raise ConfigError(f"{where}: {problem}") from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = str(error).strip().partition("\n")[0] or "nested too deeply"
        raise ConfigError(f"{file}: not YAML: {reason}") from None


class _Plain:
    """Turns what ruamel.yaml reads into plain Python values and notes their positions."""

    def __init__(self, positions: dict[tuple[str | int, ...], Position], file: str):
        self.positions = positions
        self.file = file
        self.count = 0

    def value(self, node: Any, path: tuple[str | int, ...]) -> Any:
        self.count += 1
        if self.count > _MOST_VALUES or len(path) > _DEEPEST:
            raise ConfigError(
                f"{self.file}: more values than a config can have; a loop of aliases?"
            )
        if isinstance(node, CommentedMap):
            for key in node:
                if not isinstance(key, str):
                    line, column = node.lc.key(key)
                    raise ConfigError(
                        f"{self.file}:{line + 1}:{column + 1}: expected text for a key, got {key!r}"
                    )
            return {key: self._placed(node, key, path) for key in node}
        if isinstance(node, CommentedSeq):
            return [self._placed(node, index, path) for index in range(len(node))]
        for plain in (bool, int, float, str):
            if isinstance(node, plain):
                return plain(node)
        if node is None:
            return None
        # Dates, sets and tagged scalars: nothing in a config is any of these.
        return str(node)

    def _placed(self, node: Any, key: Any, path: tuple[str | int, ...]) -> Any:
        line, column = node.lc.key(key) if isinstance(key, str) else node.lc.item(key)
        self.positions[(*path, key)] = (self.file, line + 1, column + 1)
        return self.value(node[key], (*path, key))
