"""`seqvision bench`: how fast models train and answer, beside other implementations."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from seqvision.formatting import rate


@click.command(name="bench")
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option("--against", default="keras", show_default=True, help="Contenders, with commas.")
@click.option(
    "--as", "own", default="seqvision", show_default=True, help="Who is held to them, with commas."
)
@click.option(
    "--harness",
    is_flag=True,
    help="A run beside the bare model's fit: --as harness --against bare.",
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--seconds", default=3.0, show_default=True, type=click.FloatRange(0.1), help="Of training."
)
@click.option(
    "--steps", type=click.IntRange(1), help="Of made-up series.  [default: the data's median]"
)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write a record of each to this folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    configs: tuple[str, ...],
    against: str,
    own: str,
    harness: bool,
    rounds: int,
    seconds: float,
    steps: int | None,
    overrides: tuple[str, ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Measure each CONFIG's model in turn with other implementations of the same work.

    The same weights give the same logits, which is checked first. Every measurement has a fresh
    process; contenders take turns. Read the ratios: absolute figures are this machine's of today.
    Of exported models, only how fast they answer is measured. Images and series are made up;
    series have one length and no gaps. Records, which `seqvision publish` makes a page of, hold
    every round, the processor and the versions.

    \b
    seqvision bench gru3
    seqvision bench gru3 lstm3 --against keras,keras-jit,tf1,torch
    seqvision bench gru3 --harness
    seqvision bench gru3 --as onnx,litert,openvino,saved_model
    seqvision bench outlines --steps 200 --against keras,torch
    seqvision bench lstm3 --as layers --set train.precision=mixed_bfloat16 --json
    KERAS_BACKEND=torch seqvision bench gru3 --as layers --against torch-in-keras,torch
    KERAS_BACKEND=jax seqvision bench gru3 --as layers --against keras -o measured
    """
    import json

    from rich.console import Console

    from seqvision.bench.contenders import CONTENDERS
    from seqvision.bench.record import command_of, write_record
    from seqvision.bench.rounds import bench
    from seqvision.bench.work import work_of
    from seqvision.config import load_config
    from seqvision.runs.files import check_writable

    if harness:
        source = click.get_current_context().get_parameter_source
        if any(source(name) is not ParameterSource.DEFAULT for name in ("own", "against")):
            raise click.UsageError("--harness says who is measured: leave out --as and --against")
        own, against = "harness", "bare"
    held = _names(own)
    if not held:
        raise click.BadParameter("names no contender", param_hint="--as")
    contenders = list(dict.fromkeys([*held, *_names(against)]))
    for name in contenders:
        CONTENDERS.entry(name)
    if output is not None:
        check_writable(output)
    asked = [work_of(load_config(config, overrides), steps) for config in configs]
    console, found = Console(stderr=True), []
    for config, work in zip(configs, asked, strict=True):
        with console.status("") as status:

            def heard(name: str, number: int, status: Any = status, title: str = work.name):
                status.update(f"{title}: round {number + 1} of {rounds}, {name}")

            measured = bench(work, contenders, rounds, seconds, heard, len(held))
        again = command_of(config, held, contenders[len(held) :], overrides, steps)
        found.append({"command": again, **measured})
        if output is not None:
            console.print(f"wrote {write_record(output, found[-1])}", highlight=False)
        if not as_json:
            _show(found[-1], len(held))
    if as_json:
        click.echo(json.dumps(found, indent=1))


def _names(given: str) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))


_TITLES = {
    "train_images_per_second": "training {samples}/s",
    "inference_images_per_second": "answers/s, 256",
    "latency_milliseconds": "ms, 1",
    "first_step_seconds": "first step s",
    "peak_memory_mb": "MB",
}


def _show(found: dict[str, Any], held: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from seqvision.bench.page import peak_text

    work, rows = found["work"], found["contenders"]
    names = list(rows)
    titles = {key: title for key, title in _TITLES.items() if any(key in r for r in rows.values())}
    samples = "images" if work["steps"] is None else "series"
    table = Table(box=None, header_style="bold", pad_edge=False)
    of = "" if work["steps"] is None else f", {work['steps']} steps"
    table.add_column(f"{work['name']}, {work['precision']}, batch {work['batch_size']}{of}")
    for title in titles.values():
        table.add_column(title.format(samples=samples), justify="right")
    # Whose ratio would be one is given none.
    itself = names[0] if held == 1 else names[min(held, len(names) - 1)]
    for name, row in rows.items():
        if "cannot" in row:
            table.add_row(name, row["cannot"])
            continue
        cells = []
        for figure in titles:
            if figure not in row:
                cells.append("–")
                continue
            median, low, high = (rate(row[figure][key]) for key in ("median", "min", "max"))
            spread = f"{median} ({low}–{high})"
            ratio = None if name == itself else row[figure].get("ratio")
            cells.append(f"{spread} ×{ratio['median']:.2f}" if ratio else spread)
        table.add_row(name, *cells)
    console = Console(width=max(120, Console().width))
    console.print(table)
    over = f"{itself}'s figure over theirs" if held == 1 else f"a figure over {itself}'s"
    said = f"Medians of {found['rounds']} rounds (lowest–highest) on {found['cores']} cores; "
    said += f"× is {over}."
    if "share" in found.get("ceiling", {}):
        ceiling = found["ceiling"]
        at = f", at {peak}" if (peak := peak_text(ceiling)) else ""
        said += (
            f" The matrix products alone{at}: {rate(ceiling['median'])} {samples}/s, of which "
            f"{names[0]} reaches {ceiling['share']['median']:.0%}."
        )
    console.print(f"{said}\n", highlight=False)
