"""`seqvision tune`: search for a better config."""

from pathlib import Path
from typing import Any

import click

from seqvision.cli._options import log_option, no_cache_option
from seqvision.errors import RunFailed


@click.command(name="tune")
@click.argument("config", metavar="CONFIG")
@click.option("--trials", type=int, help="How many to try.")
@click.option("--oracle", metavar="NAME", help="random, grid, bayesian or hyperband.")
@click.option("--objective", metavar="METRIC", help="Such as val_accuracy or val_macro_f1.")
@click.option("--seeds", help="Seeds of every trial: 0-2, or 0,3,7.")
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
@click.option("--force", is_flag=True, help="Forget the search that is there, and begin anew.")
@click.option("--dry-run", is_flag=True, help="Say what would be searched, and stop.")
@log_option
@no_cache_option
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def command(
    config: str,
    trials: int | None,
    oracle: str | None,
    objective: str | None,
    seeds: str | None,
    overrides: tuple[str, ...],
    results: Path,
    jobs: str | None,
    address: str | None,
    force: bool,
    dry_run: bool,
    loggers: list[Any],
    as_json: bool,
    quiet: bool,
) -> None:
    """Search what the `tune: {space: …}` of CONFIG, a file or a name of the zoo, spans.

    Every trial is a run with a record, judged by validation; the test images are looked at once,
    for the best config and the untuned one. A search that was cut short goes on; with more trials,
    one that was finished does. What it leaves is in RESULTS/<name>-tune: trials.csv, best.yaml,
    which `seqvision run` takes, and history.svg.

    \b
    seqvision tune gru3 --trials 20 --jobs 2
    seqvision tune gru3 --oracle hyperband --set train.epochs=9
    """
    from seqvision.bar import no_bars
    from seqvision.cli._search_tables import show_found, show_search
    from seqvision.config.search import load_tunable
    from seqvision.config.seeds import read_seeds
    from seqvision.runs.files import check_writable
    from seqvision.sweep.tune.search import runs_of, search
    from seqvision.sweep.where import number_of, performer

    if silent := as_json or quiet:
        click.get_current_context().with_resource(no_bars())
    settings = {"trials": trials, "oracle": oracle, "objective": objective}
    settings["seeds"] = read_seeds(seeds)
    tunable = load_tunable(config, overrides, **settings)
    check_writable(results / tunable.name)
    if dry_run:
        show_search(tunable, results, number_of(jobs), as_json=as_json)
        return
    with performer(jobs, address, results, runs_of(tunable), loggers) as perform:
        if silent:
            found = search(tunable, results, perform, force=force)
        else:
            from seqvision.sweep.shown.search import SearchProgress

            show_search(tunable, results, perform.places)
            objective = tunable.tune.objective
            with SearchProgress(runs_of(tunable), perform.places, objective) as progress:
                found = search(tunable, results, perform, progress, force=force)
    chart = _draw(found.folder)
    if as_json:
        _print_json(found)
    elif not quiet:
        show_found(found, chart)
    if not found.verdict:
        raise RunFailed("the untuned or the best config could not be trained; see the runs above")


def _draw(folder: Path) -> Path:
    """Draw how the search went, beside its trials."""
    from seqvision.comparison.charts.search import search_history
    from seqvision.comparison.trials import load_trials
    from seqvision.runs.files import write_atomically

    chart, path = search_history(load_trials(folder)), folder / "history.svg"
    drawn = chart.properties(background="white")
    write_atomically(path, lambda temporary: drawn.save(temporary, format="svg"))
    return path


def _print_json(found: Any) -> None:
    import json

    from seqvision.comparison.trials import load_trials

    content = {
        "folder": str(found.folder),
        "trial": found.trial,
        "values": found.values,
        "value": found.value,
        "verdict": found.verdict,
        "trials": json.loads(load_trials(found.folder).to_json(orient="records")),
    }
    click.echo(json.dumps(content, indent=1, default=str))
