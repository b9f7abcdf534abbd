"""`seqvision run`: train configs."""

from pathlib import Path
from typing import Any

import click

from seqvision.cli._options import log_option, no_cache_option
from seqvision.cli._tables import show_plan, show_records
from seqvision.errors import RunFailed


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
@click.option("--jobs", help="Runs side by side, or auto: 1 here, one a core on a cluster.")
@click.option("--ray", "address", metavar="auto|ADDRESS", help="Run on a Ray cluster.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first run that fails.")
@click.option("--force", is_flag=True, help="Train again what is finished already.")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and stop.")
@log_option
@no_cache_option
@click.option("--json", "as_json", is_flag=True, help="Print the records as one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    configs: tuple[str, ...],
    seeds: str | None,
    overrides: tuple[str, ...],
    results: Path,
    jobs: str | None,
    address: str | None,
    fail_fast: bool,
    force: bool,
    dry_run: bool,
    loggers: list[Any],
    as_json: bool,
    quiet: bool,
) -> None:
    """Train each CONFIG, a file or a name of the zoo, once a seed.

    What is finished already is not run again; what was cut short goes on from its last finished
    epoch. A config with a `grid:` is trained once for each point of it.

    \b
    seqvision run zoo_configs/gru3.yaml
    seqvision run gru3 --set model.dropout=0.1 --set train.epochs=5
    seqvision run zoo_configs/*.yaml --seeds 0-4 --jobs auto
    """
    from seqvision.bar import no_bars
    from seqvision.config import load_configs
    from seqvision.config.seeds import read_seeds
    from seqvision.loggers.chosen import prepare
    from seqvision.sweep.api import in_order, perform_here
    from seqvision.sweep.plan import plan
    from seqvision.sweep.schedule import run_all
    from seqvision.sweep.shown.run import progress_bar
    from seqvision.sweep.shown.sweep import SweepProgress
    from seqvision.sweep.where import number_of, performer

    if silent := as_json or quiet:
        click.get_current_context().with_resource(no_bars())
    places = number_of(jobs)
    loaded = [point for config in configs for point in load_configs(config, overrides)]
    chosen = read_seeds(seeds)
    planned = plan(loaded, chosen, results, force=force)
    if dry_run:
        show_plan(planned, places, as_json=as_json)
        return
    to_do = [each.job for each in planned if not each.done]
    if len(to_do) == 1 and not address:  # It has this process, and the screen, to itself.
        prepare(loggers, results)
        with progress_bar(silent) as bar:
            ended = perform_here(to_do, bar, loggers=loggers)
    else:
        with performer(jobs, address, results, len(to_do), loggers) as perform:
            if silent or not to_do:
                ended = run_all(to_do, perform, fail_fast=fail_fast)
            else:
                show_plan(planned, perform.places)
                with SweepProgress(planned, perform.places) as progress:
                    ended = run_all(to_do, perform, progress, fail_fast=fail_fast)
    outcomes = in_order(planned, ended)
    records = [outcome.record for outcome in outcomes if outcome.record]
    if as_json:
        import json

        click.echo(json.dumps(records, indent=1, default=str))
    elif not quiet:
        show_records(records)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        log = f"\n  log: {outcome.log}" if outcome.log else ""
        click.echo(f"failed: {outcome.message}{log}", err=True)
    if failed:
        raise RunFailed(f"{len(failed)} of {len(planned)} runs")
