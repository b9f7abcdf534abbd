"""`seqvision check`: validate configs without training."""

from typing import TYPE_CHECKING

import click

from seqvision.errors import ConfigError, SeqvisionError

if TYPE_CHECKING:
    from seqvision.config import Config


@click.command(name="check")
@click.argument("configs", nargs=-1, required=True, metavar="CONFIG...")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Override a value.")
def command(configs: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Say of each CONFIG whether it is right, and where it is not.

    Of one that begins with trained weights, or freezes layers, the model is built too, to see
    whether they are there and fit. Data is not read.

    \b
    seqvision check zoo_configs/*.yaml
    """
    from seqvision.config import load_config, load_configs
    from seqvision.config.search import load_tunable

    wrong = 0
    for config in configs:
        try:
            loaded = load_config(config, overrides)
            _check_models(config, load_configs(config, overrides) if loaded.grid else [loaded])
            if loaded.tune and not loaded.grid:
                probes = [*load_tunable(config, overrides).probes()]  # Every value of its space.
                _check_models(f"{config}: tune.space (`tune: null` goes without it)", probes)
        except ConfigError as error:
            wrong += 1
            click.echo(f"error: {error}", err=True)
        else:
            click.echo(f"{config}: right ({loaded.name}, {loaded.hash})")
    if wrong:
        raise click.exceptions.Exit(2)


def _check_models(source: str, configs: "list[Config]") -> None:
    """Check that the weights that configs begin with fit, and that the layers they freeze exist.

    Raises:
        ConfigError: they do not.
    """
    keys = ("freeze", "head_epochs")
    built = [c for c in configs if "weights" in c.model or any(getattr(c.train, k) for k in keys)]
    if not built:
        return
    from seqvision.import_keras import import_keras

    import_keras()
    from seqvision.runs.model import check_parts

    for config in {config.hash: config for config in built}.values():
        try:
            check_parts(config)
        except SeqvisionError as error:
            raise ConfigError(f"{source}: {error}") from None
