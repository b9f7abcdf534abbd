"""A config file as plain data, with the line and column of every key.

ruamel.yaml parses YAML 1.2 into nodes, which become mappings, lists, text, numbers, booleans and
null. Any other tag is refused, and so is a key given twice. Aliases and merge keys are expanded up
to a bound, so that a small file cannot fill the memory.
"""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from seqvision.errors import ConfigError

Position = tuple[str, int, int]
"""File (or option), line and column, counted from 1; line 0 when there is none."""

_LARGEST_FILE = 200_000  # bytes
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
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    return read_text(text, str(path))


def read_text(text: str, file: str) -> Document:
    """Read YAML text; `file` is what messages call it.

    Raises:
        ConfigError: it does not parse, or is not a mapping.
    """
    document = Document({}, {(): (file, 1, 1)})
    values = _read(text, file, document.positions)
    if not isinstance(values, dict):
        raise ConfigError(f"{file}:1:1: expected a mapping with the keys `name`, `data`, `model`")
    document.values = values
    return document


def read_value(text: str, origin: str) -> Any:
    """Read one YAML value, such as the right-hand side of `--set`."""
    return _read(text, origin, {})


def _read(text: str, file: str, positions: dict[tuple[str | int, ...], Position]) -> Any:
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.max_depth = 2 * _DEEPEST  # The depth of the values, aliases expanded, is bounded later.
    yaml.composer.warn_double_anchors = False  # YAML lets an anchor be set anew.
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        problem = error.problem or error.context or "not YAML"
        problem = "nested too deeply" if problem.startswith("maximum depth") else problem
        raise ConfigError(f"{where}: {problem.strip().partition(chr(10))[0]}") from None
    except ReaderError as error:
        before = text[: error.position].splitlines() or [""]
        where = f"{file}:{len(before)}:{len(before[-1]) + 1}"
        raise ConfigError(f"{where}: U+{ord(text[error.position]):04X} is not text") from None
    except (YAMLError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error).strip().partition("\n")[0] or "nested too deeply"
        raise ConfigError(f"{file}: not YAML: {reason}") from None
    return _Plain(yaml.constructor, positions, file).value(node, ()) if node else None


class _Plain:
    """Turns ruamel.yaml's nodes into plain Python values and notes their positions."""

    def __init__(
        self, constructor: Any, positions: dict[tuple[str | int, ...], Position], file: str
    ):
        self.positions = positions
        self.file = file
        self.count = 0
        # By tag. ruamel.yaml's tags for dates and for `=` are text, as YAML 1.2 has it.
        self.scalars: dict[str, Callable[[Any], Any]] = {
            "null": lambda _: None,
            "bool": constructor.construct_yaml_bool,
            "int": constructor.construct_yaml_int,
            "float": constructor.construct_yaml_float,
            **dict.fromkeys(("str", "timestamp", "value", "merge"), lambda node: node.value),
        }

    def value(self, node: Node, path: tuple[str | int, ...]) -> Any:
        self._count(path)
        kind = (node.tag or "").removeprefix("tag:yaml.org,2002:")
        if isinstance(node, MappingNode) and kind == "map":
            pairs = self._pairs(node, path)
            self.positions |= {(*path, key): self._position(at) for key, (at, _) in pairs.items()}
            return {key: self.value(inner, (*path, key)) for key, (_, inner) in pairs.items()}
        if isinstance(node, SequenceNode) and kind == "seq":
            self.positions |= {(*path, i): self._position(n) for i, n in enumerate(node.value)}
            return [self.value(inner, (*path, i)) for i, inner in enumerate(node.value)]
        if not isinstance(node, ScalarNode) or kind not in self.scalars:
            raise self._wrong(node, f"the tag {node.tag} makes nothing that a config can hold")
        try:
            value = self.scalars[kind](node)
            str(value).encode()
        except (ValueError, KeyError, OverflowError):
            raise self._wrong(node, f"{_short(node.value)} cannot be read as {kind}") from None
        if isinstance(value, str) and "\0" in value:
            raise self._wrong(node, "U+0000 is not text")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise self._wrong(node, f"{_short(node.value)} is beyond whole numbers of 64 bits")
        return value

    def _pairs(self, node: MappingNode, path: tuple[str | int, ...]) -> dict[str, tuple[Any, Any]]:
        """The nodes of a mapping's keys and values by key; its own come before those merged in."""
        own: dict[str, tuple[Any, Any]] = {}
        merged: dict[str, tuple[Any, Any]] = {}
        for key, inner in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                sources = inner.value if isinstance(inner, SequenceNode) else [inner]
                for source in sources:
                    if not isinstance(source, MappingNode):
                        raise self._wrong(key, "<< merges a mapping, or a list of mappings")
                    self._count((*path, "<<"))
                    merged = {**self._pairs(source, (*path, "<<")), **merged}
                continue
            name = self.value(key, path) if isinstance(key, ScalarNode) else None
            if not isinstance(name, str):
                got = _short(key.value).strip("'")
                raise self._wrong(key, f"expected text for a key, got {got}")
            if name in own:
                raise self._wrong(key, f"found duplicate key {name!r}")
            own[name] = (key, inner)
        return {**merged, **own}

    def _count(self, path: tuple[str | int, ...]) -> None:
        self.count += 1
        if self.count > _MOST_VALUES or len(path) > _DEEPEST:
            raise ConfigError(
                f"{self.file}: more values than a config can have; a loop of aliases?"
            )

    def _position(self, node: Node) -> Position:
        return self.file, node.start_mark.line + 1, node.start_mark.column + 1

    def _wrong(self, node: Node, what: str) -> ConfigError:
        file, line, column = self._position(node)
        return ConfigError(f"{file}:{line}:{column}: {what}")


def _short(value: Any) -> str:
    """A value as a message shows it."""
    return reprlib.repr(value) if isinstance(value, str) else "a list or a mapping"
