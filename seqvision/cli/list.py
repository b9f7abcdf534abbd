"""`seqvision list`: what there is."""

import fnmatch
import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from seqvision.registry import Entry

_WHAT = (
    "models",
    "families",
    "cells",
    "wrappers",
    "mixers",
    "inputs",
    "scans",
    "datasets",
    "configs",
    "loggers",
)


@click.command(name="list")
@click.argument("what", type=click.Choice(_WHAT))
@click.argument("pattern", default="*")
@click.option("--weights", is_flag=True, help="Models with trained weights, and their tags.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(what: str, pattern: str, weights: bool, as_json: bool) -> None:
    """List what there is of a kind, of names that match PATTERN; of one alone, its options.

    The kinds: models, families, cells, wrappers, mixers, inputs, scans, datasets, configs,
    loggers.

    \b
    seqvision list models
    seqvision list cells '*lstm*'
    seqvision list datasets csv
    seqvision list models --weights
    """
    if weights:
        _list_weights(what, pattern, as_json)
        return
    rows = _configs(pattern) if what in ("models", "configs") else _registered(what, pattern)
    if as_json:
        click.echo(json.dumps(rows, indent=1, default=str))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        notes = [row[key] for key in ("paper", "states") if row.get(key)]
        note = f"  [{'; '.join(notes)}]" if notes else ""
        click.echo(f"{row['name']:<{width}}  {row['description']}{note}")
    if len(rows) == 1 and (options := rows[0].get("options")):
        from seqvision.config.plain import in_yaml

        click.echo("options:")
        for option, has in options.items():
            value = in_yaml(has["default"]) if has else "(needed)"
            click.echo(f"  {option}: {value}")
    if not rows:
        click.echo(f"no {what} match {pattern!r}", err=True)


def _list_weights(what: str, pattern: str, as_json: bool) -> None:
    """List trained weights; the pattern is of their models, or of model and tag."""
    from seqvision.errors import SeqvisionError
    from seqvision.formatting import NONE, count, size

    if what != "models":
        raise SeqvisionError(f"--weights: only models have them, not {what}")
    rows = _weights(pattern)
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo(f"no weights match {pattern!r}", err=True)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("model", "tag", "accuracy %", "parameters", "file", "where"):
        words = title in ("model", "tag", "where")
        table.add_column(title, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(
            row["model"],
            row["tag"],
            _accuracy(row),
            NONE if row["parameters"] is None else count(row["parameters"]),
            size(row["bytes"]),
            row["where"],
        )
    Console().print(table)
    note = "accuracy: on test images, mean over seeds ± 95 % interval by Student's t"
    click.echo(note, err=True)


def _accuracy(row: dict[str, Any]) -> str:
    """`98.83 ± 0.12`; without the interval if there was one seed."""
    from seqvision.formatting import NONE, percent

    mean, high = row["test_accuracy"], row["high"]
    if mean is None:
        return NONE
    share = percent(mean).rstrip("%")
    return share if high is None else f"{share} ± {percent(high - mean).rstrip('%')}"


def _weights(pattern: str) -> list[dict[str, Any]]:
    from seqvision.presets.manifest import presets
    from seqvision.presets.places import where_it_is

    rows = []
    for handle, facts in presets().items():
        more = facts.more
        if not any(fnmatch.fnmatch(each, pattern) for each in (handle, more["name"])):
            continue
        over = more.get("metrics", {}).get("test_accuracy", {})
        own = more.get("own_metrics", {}).get("test_accuracy")
        found = where_it_is(facts)
        rows.append(
            {
                "model": more["name"],
                "tag": more["tag"],
                "test_accuracy": over.get("mean", own),
                "low": over.get("low"),
                "high": over.get("high"),
                "seeds": more.get("seeds", []),
                "of_these_weights": own,
                "parameters": more.get("parameters"),
                "bytes": more["bytes"],
                "dtype": more.get("dtype"),
                "where": found[0] if found else "not here",
                "path": str(found[1]) if found else None,
            }
        )
    return rows


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
    return [
        {"name": e.name, "description": e.summary, **e.card, "options": _options(e)}
        for e in entries
    ]


def _options(entry: "Entry") -> dict[str, Any]:
    """The `default` of each option; an option without one is needed."""
    from seqvision.registry import REQUIRED

    return {
        option.name: {} if option.default is REQUIRED else {"default": option.default}
        for option in entry.parameters
    }
