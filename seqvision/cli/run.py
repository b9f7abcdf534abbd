"""`seqvision run`: train configs."""

from pathlib import Path
from typing import Any

import click

from seqvision.errors import RunFailed, SeqvisionError


@click.command(name="run")
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option("--seeds", help="Seeds in place of the config's: 0-4, or 0,3,7.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="The folder that records go to.",
)
@click.option("--force", is_flag=True, help="Train again what is finished already.")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    configs: tuple[str, ...],
    seeds: str | None,
    overrides: tuple[str, ...],
    results: Path,
    force: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train each CONFIG, a file or a name of the zoo, once a seed.

    What is finished already is not run again; what was cut short goes on from its last finished
    epoch.

    \b
    seqvision run zoo_configs/gru3.yaml
    seqvision run gru3 lstm3 --seeds 0-4
    seqvision run gru3 --set model.dropout=0.1 --set train.epochs=5
    """
    from seqvision.config import load_config

    loaded = [load_config(config, overrides) for config in configs]
    chosen = _seeds(seeds) if seeds is not None else None
    plan = [(config, seed) for config in loaded for seed in chosen or config.train.seeds]
    if dry_run:
        _say_plan(plan, results, as_json)
        return
    records, failures = [], 0
    for config, seed in plan:
        try:
            records.append(_perform(config, seed, results, force, as_json or quiet))
        except RunFailed as error:
            failures += 1
            click.echo(f"failed: {error}", err=True)
    if as_json:
        import json

        click.echo(json.dumps(records, indent=1, default=str))
    elif not quiet:
        _show(records, results)
    if failures:
        raise RunFailed(f"{failures} of {len(plan)} runs")


def _perform(config: Any, seed: int, results: Path, force: bool, silent: bool) -> dict[str, Any]:
    from seqvision.runs.run import perform

    if silent:
        return perform(config, seed, results, force=force)
    from rich.console import Console

    from seqvision.cli._progress import ProgressBar

    bar = ProgressBar(Console(stderr=True))
    try:
        return perform(config, seed, results, force=force, progress=bar)
    finally:
        bar.close()


def _seeds(text: str) -> list[int]:
    """`0-4` or `0,3,7` as numbers."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise SeqvisionError(f"--seeds {text}: expected numbers such as 0-4 or 0,3,7")
        if (dash and int(last) < int(first)) or int(last or first) - int(first) > 10_000:
            raise SeqvisionError(f"--seeds {text}: {part.strip()} is not a range of seeds")
        seeds += range(int(first), int(last or first) + 1)
    if max(seeds) >= 2**31:
        raise SeqvisionError(f"--seeds {text}: a seed is below 2,147,483,648")
    return list(dict.fromkeys(seeds))


def _say_plan(plan: list[tuple[Any, int]], results: Path, as_json: bool) -> None:
    import json

    from seqvision.runs.record import read_record, run_id

    rows = []
    for config, seed in plan:
        record = read_record(results / run_id(config, seed))
        rows.append(
            {"run_id": run_id(config, seed), "status": record["status"] if record else "to do"}
        )
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        click.echo(f"{row['run_id']}: {row['status']}")


def _show(records: list[dict[str, Any]], results: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("run", "data", "test accuracy", "test error", "images/s", "seconds"):
        table.add_column(title, justify="left" if title in ("run", "data") else "right")
    for record in records:
        metrics, timing = record["metrics"], record["timing"]
        speed = timing["train_images_per_second"]
        table.add_row(
            record["run_id"],
            record["dataset"]["name"],
            f"{metrics['test_accuracy']:.2%}",
            f"{metrics['test_error']:.2%}",
            f"{speed:,.0f}" if speed else "–",
            f"{timing['train_seconds']:.1f}",
        )
    console = Console()
    console.print(table)
    for record in records:
        click.echo(f"record: {results / record['run_id'] / 'record.json'}")
