"""`seqvision list`: what there is."""

import fnmatch
import json
from typing import Any

import click

_WHAT = ("models", "families", "cells", "wrappers", "scans", "datasets", "configs")


@click.command(name="list")
@click.argument("what", type=click.Choice(_WHAT))
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(what: str, pattern: str, as_json: bool) -> None:
    """List models, families, cells, wrappers, scans, datasets or configs that match PATTERN.

    \b
    seqvision list models
    seqvision list cells '*lstm*'
    """
    rows = _configs(pattern) if what in ("models", "configs") else _registered(what, pattern)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        notes = [row[key] for key in ("paper", "states") if row.get(key)]
        note = f"  [{'; '.join(notes)}]" if notes else ""
        click.echo(f"{row['name']:<{width}}  {row['description']}{note}")
    if not rows:
        click.echo(f"no {what} match {pattern!r}", err=True)


def _configs(pattern: str) -> list[dict[str, Any]]:
    from seqvision.config import zoo_folder, zoo_names
    from seqvision.config.read import read_file

    return [
        {
            "name": name,
            "description": read_file(zoo_folder() / f"{name}.yaml").values.get("description", ""),
        }
        for name in fnmatch.filter(zoo_names(), pattern)
    ]


def _registered(what: str, pattern: str) -> list[dict[str, Any]]:
    from importlib import import_module

    package = {"wrappers": "cells.wrappers", "datasets": "data"}.get(what, what)
    registry = getattr(import_module(f"seqvision.{package}"), what.upper())
    entries = [registry.entry(name) for name in registry.names(pattern)]
    return [{"name": e.name, "description": e.summary, **e.card} for e in entries]
