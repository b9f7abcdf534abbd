"""`seqvision index`, for those who change seqvision itself."""

from importlib import import_module
from typing import Any

import click

_PACKAGES = (
    "data",
    "inputs",
    "scans",
    "cells",
    "cells.wrappers",
    "mixers",
    "families",
    "comparison.charts",
    "comparison.charts.across",
    "comparison.charts.search",
    "bench.contenders",
    "exporting.formats",
    "loggers",
)
"""The packages that have a registry."""


@click.command(name="index", hidden=True)
def command() -> None:
    """Write seqvision/index.json anew, after a file of a registry was added or changed.

    \b
    seqvision index
    """
    from seqvision.errors import SeqvisionError
    from seqvision.index import PATH, write_index

    try:
        write_index(parts())
    except OSError as error:
        raise SeqvisionError(f"{PATH}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {PATH}")


def parts() -> dict[str, Any]:
    """The content of the index: for each kind, a digest of its folder and its entries."""
    from seqvision.index import digest_of
    from seqvision.options import for_index
    from seqvision.registry import REGISTRIES, REQUIRED, Entry

    def described(entry: Entry) -> dict[str, Any]:
        parameters = {
            p.name: [p.annotation and for_index(p.annotation)]
            + ([] if p.default is REQUIRED else [p.default])
            for p in entry.parameters
        }
        return {
            "module": entry.module,
            "attribute": entry.attribute,
            "summary": entry.summary,
            "card": entry.card,
            "parameters": parameters,
        }

    for package in _PACKAGES:
        import_module(f"seqvision.{package}")
    return {
        kind: {
            "digest": digest_of(registry.folder),
            "entries": {name: described(e) for name, e in registry.import_all().items()},
        }
        for kind, registry in REGISTRIES.items()
        if registry.package.startswith("seqvision.")
    }
