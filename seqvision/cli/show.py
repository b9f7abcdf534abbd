"""`seqvision show`: what a config or a model of the zoo is."""

import sys
from typing import Any

import click

from seqvision.formatting import count, counted


@click.command(name="show")
@click.argument("config")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
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

    dataset = load(loaded.data.dataset, loaded.data.offline)
    from seqvision.import_keras import import_keras

    import_keras()
    from seqvision.runs.flops import flops_per_image
    from seqvision.runs.model import build_model

    model = build_model(loaded.model, dataset)
    layers = [
        {
            "layer": layer.name,
            "class": type(layer).__name__,
            "output": list(layer.output.shape[1:]),
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]
    content: dict[str, Any] = {
        "config": loaded.resolved(),
        "hash": loaded.hash,
        "layers": layers,
        "parameters": model.count_params(),
        "flops_per_image": flops_per_image(model),
    }
    if as_json:
        import json

        click.echo(json.dumps(content, indent=1))
        return
    _print(content, model, dataset.input_shape)


def _print(content: dict[str, Any], model: Any, input_shape: tuple[int, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from ruamel.yaml import YAML

    from seqvision.scans.base import Scan, reading_order

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content["config"], sys.stdout)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("layer", "class", "output", "parameters"):
        table.add_column(title, justify="right" if title == "parameters" else "left")
    for row in content["layers"]:
        shape = " × ".join("any" if n is None else str(n) for n in row["output"])
        table.add_row(row["layer"], row["class"], shape, count(row["parameters"]))
    console = Console()
    console.print()
    console.print(table)
    console.print(
        f"\n{counted(content['parameters'], 'parameter')}, "
        f"{counted(content['flops_per_image'], 'FLOP')} an image"
    )
    for layer in model.layers:
        if isinstance(layer, Scan):
            order = reading_order(layer, *input_shape[:2])
            steps = int(order.max()) + 1
            console.print(f"\n{layer.name}: {type(layer).__name__}, {steps} steps, light to dark")
            console.print(_picture(order), highlight=False)


def _picture(order: Any, size: int = 14) -> str:
    """A small picture of the step at which each pixel is read, from light to dark."""
    shades = " ░▒▓█"
    last = max(int(order.max()), 1)
    rows = order[:: max(1, order.shape[0] // size)]
    lines = []
    for row in rows:
        steps = row[:: max(1, order.shape[1] // size)]
        lines.append("".join(shades[min(4, 5 * int(step) // (last + 1))] * 2 for step in steps))
    return "\n".join(f"  │{line}│" for line in lines)
