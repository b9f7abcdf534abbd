"""Options that several commands have."""

from collections.abc import Callable
from typing import Any

import click


def _forget(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from seqvision.data.kept import no_cache

        ctx.with_resource(no_cache())


def _chosen(ctx: click.Context, option: click.Parameter, loggers: tuple[str, ...]) -> list[Any]:
    if not loggers:
        return []
    from seqvision.loggers.chosen import chosen

    return chosen(loggers)


log_option: Callable[[Any], Any] = click.option(
    "--log",
    "loggers",
    multiple=True,
    metavar="LOGGER",
    callback=_chosen,
    help="Log runs to tensorboard, mlflow or wandb too.",
)

no_cache_option: Callable[[Any], Any] = click.option(
    "--no-cache",
    is_flag=True,
    expose_value=False,
    callback=_forget,
    help="Decode pictures and sound anew, and keep nothing.",
)
