"""The manifest: a line for each trained model that one can have by its name and a tag."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.presets.facts import Facts, from_json

MANIFEST = Path(__file__).parent / "manifest.jsonl"
"""The package's own, a line of JSON a model: its facts, with the file that holds its weights."""


def presets(manifest: Path | None = None) -> dict[str, Facts]:
    """The facts of each trained model by its handle, such as `lstm2_fast:mnist`, sorted.

    Args:
        manifest: the package's own if not given.

    Raises:
        SeqvisionError: the manifest is damaged; with the line's number.
    """
    manifest = manifest or MANIFEST
    found = {}
    for number, values in lines(manifest):
        facts = from_json(values, f"{manifest}:{number}")
        found[handle(facts)] = facts
    return dict(sorted(found.items()))


def lines(manifest: Path) -> list[tuple[int, dict[str, Any]]]:
    """The lines of a manifest with their numbers, from 1; none if there is no such file.

    Raises:
        SeqvisionError: one does not describe a trained model.
    """
    try:
        text = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    except (OSError, ValueError) as error:
        raise SeqvisionError(f"{manifest}: cannot be read: {error}") from None
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise SeqvisionError(f"{manifest}:{number}: is not JSON: {error}") from None
        needed = ("name", "tag", "file", "sha256", "bytes", "model", "input_shape", "class_names")
        missing = [key for key in needed if not isinstance(values, dict) or not values.get(key)]
        if missing:
            raise SeqvisionError(f"{manifest}:{number}: lacks {', '.join(missing)}")
        found.append((number, values))
    return found


def handle(facts: Facts) -> str:
    """What one calls a trained model by: `lstm2_fast:mnist`."""
    return f"{facts.more['name']}:{facts.more['tag']}"


def tags_of(name: str) -> list[str]:
    """The tags that a model has weights for, sorted."""
    return [each.partition(":")[2] for each in presets() if each.partition(":")[0] == name]


def preset(wanted: str, known: Iterable[str] | None = None) -> Facts:
    """The facts of a trained model by its handle.

    Raises:
        UnknownName: there is none; with the nearest, and the tags of that model.
    """
    there = presets()
    if wanted in there:
        return there[wanted]
    name, _, tag = wanted.partition(":")
    tags = tags_of(name)
    if tags:
        near = did_you_mean(tag, tags) or did_you_mean(wanted, there)
        raise UnknownName(
            f"weights: {name} has none called {tag!r}{near} (it has: {', '.join(tags)})"
        )
    near = did_you_mean(wanted, there) or did_you_mean(
        name, {each.partition(":")[0] for each in there}
    )
    raise UnknownName(f"weights: there are none called {wanted!r}{near} {_all(there)}")


def _all(there: Iterable[str]) -> str:
    """What there is, in brackets, the tags of one model together."""
    tags: dict[str, list[str]] = {}
    for each in there:
        name, _, tag = each.partition(":")
        tags.setdefault(name, []).append(tag)
    listed = [f"{name}:{'|'.join(of)}" for name, of in tags.items()]
    return f"(there are: {', '.join(listed) or 'none'}; see `seqvision list models --weights`)"
