"""`seqvision bench`: how fast models train and answer, beside other implementations."""

from typing import Any

import click

from seqvision.formatting import rate


@click.command(name="bench")
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option("--against", default="keras", show_default=True, help="Contenders, with commas.")
@click.option("--as", "own", default="seqvision", show_default=True, help="Who is held to them.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--seconds", default=3.0, show_default=True, type=click.FloatRange(0.1), help="Of training."
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    configs: tuple[str, ...],
    against: str,
    own: str,
    rounds: int,
    seconds: float,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure each CONFIG's model in turn with other implementations of the same work.

    The same weights give the same logits, which is checked first. Every measurement has a fresh
    process; contenders take turns. Read the ratios: absolute figures are this machine's of today.

    \b
    seqvision bench gru3
    seqvision bench gru3 lstm3 --against keras,keras-jit,tf1,torch
    seqvision bench lstm3 --as layers --set train.precision=mixed_bfloat16 --json
    """
    import json

    from rich.console import Console

    from seqvision.bench.contenders import CONTENDERS
    from seqvision.bench.rounds import bench
    from seqvision.bench.work import work_of
    from seqvision.config import load_config

    contenders = list(dict.fromkeys([own, *(n.strip() for n in against.split(",") if n.strip())]))
    for name in contenders:
        CONTENDERS.entry(name)
    loaded = [load_config(config, overrides) for config in configs]
    console, found = Console(stderr=True), []
    for config in loaded:
        with console.status("") as status:

            def heard(name: str, number: int, status: Any = status, title: str = config.name):
                status.update(f"{title}: round {number + 1} of {rounds}, {name}")

            found.append(bench(work_of(config), contenders, rounds, seconds, heard))
        if not as_json:
            _show(found[-1])
    if as_json:
        click.echo(json.dumps(found, indent=1))


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    work = found["work"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"{work['name']}, {work['precision']}, batch {work['batch_size']}")
    own = next(iter(found["contenders"]))
    titles = {
        "train_images_per_second": "training images/s",
        "inference_images_per_second": "answers/s, 256",
        "latency_milliseconds": "ms, 1",
        "first_step_seconds": "first step s",
        "peak_memory_mb": "MB",
    }
    for title in titles.values():
        table.add_column(title, justify="right")
    for name, row in found["contenders"].items():
        if "cannot" in row:
            table.add_row(name, row["cannot"])
            continue
        cells = []
        for figure in titles:
            value, ratio = row[figure], row[figure]["ratio"]["median"]
            median, low, high = (rate(value[key]) for key in ("median", "min", "max"))
            spread = f"{median} ({low}–{high})"
            cells.append(spread if name == own else f"{spread} ×{ratio:.2f}")
        table.add_row(name, *cells)
    console = Console(width=max(120, Console().width))
    console.print(table)
    ceiling = found["ceiling"]
    console.print(
        f"Medians of {found['rounds']} rounds (lowest–highest); × is {own}'s figure over theirs. "
        f"The matrix products alone: {rate(ceiling['median'])} images/s, of which {own} reaches "
        f"{ceiling['share']['median']:.0%}.\n",
        highlight=False,
    )
