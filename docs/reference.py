"""Writes the reference, docs/api: `python docs/reference.py`.

What is public is read where it is said: `seqvision/__init__.pyi`, `__all__` of the layers, the
registries and the commands. A test fails while a page is out of date. Docstrings are not copied:
mkdocstrings puts them in the place of each `:::` when the site is built.
"""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from seqvision.registry import Registry

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "api"

PACKAGES = {
    "cells": ("Cells", "seqvision.cells", "CELLS", "[Their equations](../cells.md)."),
    "wrappers": ("Wrappers", "seqvision.cells.wrappers", "WRAPPERS", "Cells around a cell."),
    "mixers": ("Mixers", "seqvision.mixers", "MIXERS", "[Their equations](../models.md)."),
    "scans": ("Scans", "seqvision.scans", "SCANS", "[Pictures of them](../scans.md)."),
    "families": (
        "Families",
        "seqvision.families",
        "FAMILIES",
        "[Which is for what](../models.md).",
    ),
    "inputs": ("Inputs", "seqvision.inputs", "INPUTS", "[In words](../series.md)."),
    "datasets": ("Datasets", "seqvision.data", "DATASETS", "[Series in words](../series.md)."),
}


def pages() -> dict[str, str]:
    """The text of each page by its name."""
    found = {
        "index": _page("Python", _top(), _WHERE),
        "layers": _page("Layers", _layers(), "`from seqvision.layers import GRU`."),
        "commands": "\n\n".join(["# Commands", _COMMANDS, *_commands()]) + "\n",
    }
    for name, (title, package, registry, words) in PACKAGES.items():
        entries = getattr(import_module(package), registry)
        how = f"In a config by their names (`seqvision list {name}`). {words}"
        found[name] = _page(title, _registered(entries), how)
    return found


_WHERE = """\
What `import seqvision` has; the site shows each docstring. What can be imported from its packages:
[layers](layers.md), [cells](cells.md), [wrappers](wrappers.md), [mixers](mixers.md),
[scans](scans.md), [inputs](inputs.md); [families](families.md) are functions behind `create_model`,
and [datasets](datasets.md) what `data.dataset` of a config names."""

_COMMANDS = """\
What `--help` says. Exit codes: 0 done, 1 a run failed, 2 the input was wrong, 130 stopped by Ctrl-C
(the same `run` or `tune` command then goes on)."""


def _page(title: str, names: Iterator[tuple[str, str]], words: str) -> str:
    parts = [f"# {title}", words]
    for heading, path in sorted(names):
        options = f"    options: {{heading: {heading}, toc_label: {heading}}}"
        parts.append(f"::: {path}\n{options}")
    return "\n\n".join(parts) + "\n"


def _top() -> Iterator[tuple[str, str]]:
    """The names of the package's stub, and where each is defined."""
    for node in ast.parse((ROOT / "seqvision/__init__.pyi").read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"seqvision.{alias.name}", f"seqvision.{node.module}.{alias.name}"


def _layers() -> Iterator[tuple[str, str]]:
    for node in ast.parse((ROOT / "seqvision/layers/__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.name, f"{node.module}.{alias.name}"


def _registered(registry: Registry) -> Iterator[tuple[str, str]]:
    for name in registry.names():
        entry = registry.entry(name)
        yield name, f"{entry.module}.{entry.attribute}"


def _commands() -> Iterator[str]:
    from seqvision.cli import seqvision

    context = seqvision.make_context("seqvision", [], resilient_parsing=True)
    for name in seqvision.list_commands(context):
        if command := seqvision.get_command(context, name):
            inner = click.Context(command, parent=context, info_name=name, terminal_width=90)
            yield f"## {name}\n\n```text\n{command.get_help(inner)}\n```"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
