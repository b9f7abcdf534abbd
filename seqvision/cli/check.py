"""`seqvision check`: validate configs without training."""

import click

from seqvision.errors import ConfigError


@click.command(name="check")
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
def command(configs: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Say of each CONFIG whether it is right, and where it is not.

    \b
    seqvision check zoo_configs/*.yaml
    """
    from seqvision.config import load_config, load_configs
    from seqvision.config.search import load_tunable

    wrong = 0
    for config in configs:
        try:
            loaded = load_config(config, overrides)
            if loaded.grid:
                load_configs(config, overrides)  # Every point of it, too.
            elif loaded.tune:
                load_tunable(config, overrides)  # Every value of its space, too.
        except ConfigError as error:
            wrong += 1
            click.echo(f"error: {error}", err=True)
        else:
            click.echo(f"{config}: right ({loaded.name}, {loaded.hash})")
    if wrong:
        raise click.exceptions.Exit(2)
