"""`seqvision log`: log finished runs elsewhere."""

from pathlib import Path

import click


@click.command(name="log")
@click.argument("results", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "loggers",
    multiple=True,
    required=True,
    metavar="LOGGER",
    help="tensorboard, mlflow or wandb.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(results: Path, loggers: tuple[str, ...], as_json: bool) -> None:
    """Log the runs of RESULTS that have ended, by their records.

    A run that was logged to its end before, now or while it was trained, is not logged again. What
    `seqvision run --log` takes, --to takes too: a name, or NAME:OPTION=VALUE.

    \b
    seqvision log results --to tensorboard
    seqvision log results --to mlflow:experiment=digits --to wandb
    """
    from seqvision.formatting import counted
    from seqvision.loggers.chosen import chosen
    from seqvision.runs.replay import log_all

    checked = chosen(loggers)
    said = log_all(results, checked)
    if as_json:
        import json

        click.echo(json.dumps(said, indent=1))
        return
    for each in said:
        there = f", {each['there']} were there" if each["there"] else ""
        click.echo(f"{each['logger']}: {counted(each['logged'], 'run')} logged{there}")
