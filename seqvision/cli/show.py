"""`seqvision show`: what a config or a model of the zoo is."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from seqvision.cli._options import no_cache_option
from seqvision.formatting import count, counted, samples_of


@click.command(name="show")
@click.argument("config")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
@no_cache_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(config: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Show the resolved config, the layers, and the order in which the image is read.

    \b
    seqvision show gru3
    seqvision show lstm3 --set model.scan=columns
    """
    from seqvision.config import load_config

    loaded = load_config(config, overrides)
    from seqvision.data.loading import load

    dataset = load(loaded.data.dataset, loaded.data.offline, loaded.data.resampling)
    from seqvision.import_keras import import_keras

    import_keras()
    from seqvision.runs.flops import flops_per_image
    from seqvision.runs.model import with_parent
    from seqvision.runs.stages import freeze, learning

    model, parent = with_parent(loaded, dataset.input_shape, dataset.class_names)
    freeze(model, loaded.train.freeze)
    rates = learning(model, loaded.train)
    layers = [
        {
            "layer": layer.name,
            "class": type(layer).__name__,
            "output": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
            **({"learning": rates[layer.name]} if rates else {}),
        }
        for layer in model.layers
    ]
    content: dict[str, Any] = {
        "config": loaded.resolved(),
        "hash": loaded.hash,
        "dataset": {
            "name": dataset.name,
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
        },
        **({"parent": parent} if parent else {}),
        "layers": layers,
        "parameters": model.count_params(),
        "flops_per_image": flops_per_image(model),
        "scans": list(_scans(model)),
    }
    if as_json:
        import json

        click.echo(json.dumps(content, indent=1))
        return
    _print(content)


def _scans(model: Any) -> Iterator[dict[str, Any]]:
    """For each scan, how many steps it has and the step, from 0, at which it reads each pixel.

    A scan of a feature map reads the map's pixels. A pixel that is read twice counts when first
    read.
    """
    from seqvision.scans.base import Scan, reading_order

    for layer in model.layers:
        if not isinstance(layer, Scan):
            continue
        height, width = layer.input.shape[1:3]
        if height and width:
            yield {
                "layer": layer.name,
                "class": type(layer).__name__,
                "steps": layer.output.shape[1],
                "order": reading_order(layer, height, width).tolist(),
            }


def _print(content: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content["config"], sys.stdout)
    table = Table(box=None, header_style="bold", pad_edge=False)
    titles = ["layer", "class", "output", "parameters"]
    titles += ["learning"] if any("learning" in row for row in content["layers"]) else []
    for title in titles:
        table.add_column(title, justify="right" if title == "parameters" else "left")
    for row in content["layers"]:
        shape = " × ".join("any" if n is None else str(n) for n in row["output"])
        how = [row["learning"]] if "learning" in row else []
        table.add_row(row["layer"], row["class"], shape, count(row["parameters"]), *how)
    console = Console()
    data = content["dataset"]
    per = "a step" if None in data["input_shape"] else "an image"
    console.print()
    console.print(table)
    console.print(
        f"\n{counted(content['parameters'], 'parameter')}, "
        f"{counted(content['flops_per_image'], 'FLOP')} {per}"
    )
    if parent := content.get("parent"):
        learned = f", trained on {parent['dataset']}" if "dataset" in parent else ""
        new = f"; new: {', '.join(parent['fresh'])}" if parent["fresh"] else ""
        said = f"begins with the weights of {parent['name']}{learned}{new}"
        console.print(said, highlight=False, soft_wrap=True)
        console.print(f"SHA-256 {parent['sha256']}", highlight=False, soft_wrap=True)
    samples, classes = samples_of(data["input_shape"]), counted(len(data["class_names"]), "class")
    console.print(f"for {samples} and {classes} ({data['name']})", highlight=False)
    for scan in content["scans"]:
        steps, (picture, how) = counted(scan["steps"], "step"), _picture(scan["order"])
        console.print(f"\n{scan['layer']}: {scan['class']}, {steps}, {how}")
        console.print(picture, highlight=False)


def _picture(order: list[list[int]]) -> tuple[str, str]:
    """A picture of the step at which each pixel is read, and how it says so.

    Small images are pictured by numbers, others by shades.
    """
    last = max(max(map(max, order)), 1)
    digits = len(str(last)) + 1
    if len(order) <= 16 and len(order[0]) * digits <= 64:
        lines = ["".join(f"{step:{digits}}" for step in row) + " " for row in order]
        return _framed(lines), "the step that reads each pixel, from 0"
    shades, size = " ░▒▓█", 14  # Two characters a column.
    lines = []
    for row in order[:: max(1, len(order) // size)]:
        steps = row[:: max(1, len(row) // size)]
        lines.append("".join(shades[min(4, 5 * step // (last + 1))] * 2 for step in steps))
    return _framed(lines), "light to dark"


def _framed(lines: list[str]) -> str:
    return "\n".join(f"  │{line}│" for line in lines)
