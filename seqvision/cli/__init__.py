"""The command line: one file a command, found by its name and imported only when it is called."""

import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from seqvision.cli._terminal import replace_unencodable
from seqvision.errors import RunFailed, SeqvisionError


class _Commands(click.Group):
    """Finds the command `run` in the file run.py, and `publish-weights` in publish_weights.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        files = Path(__file__).parent.glob("*.py")
        return sorted(p.stem.replace("_", "-") for p in files if not p.stem.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = __import__(f"seqvision.cli.{cmd_name.replace('-', '_')}", fromlist=["command"])
        return module.command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from seqvision.errors import did_you_mean

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            known = self.list_commands(ctx)
            near = did_you_mean(args[0], known)
            raise click.UsageError(
                f"no command {args[0]!r}{near} (commands: {', '.join(known)})", ctx
            ) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seqvision")
def seqvision() -> None:
    """Build, train and compare sequence classifiers for images, with Keras 3.

    \b
    seqvision run gru3              train the tutorial's model on MNIST
    seqvision list models '*lstm*'  what the zoo holds
    seqvision show two_way_gru      layers, parameters and reading order
    seqvision init mine.yaml        a config of your own to begin from
    seqvision run gru3 lstm3 --seeds 0-4 --jobs auto
    seqvision compare --baseline gru3
    seqvision report                a page that opens offline
    seqvision predict results/gru3/5c1f2a-s0 pictures/
    """


def main() -> None:
    """Run the command line; wrong input ends with one line on stderr and exit code 2."""
    replace_unencodable()
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s: %(message)s")
    logging.getLogger("seqvision").setLevel(logging.INFO)
    # Of TensorFlow's own, such as of graphs traced anew, no one who types a command has any use.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # Silences TensorFlow's greetings and its complaint of a missing GPU.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        code = seqvision.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except RunFailed as error:
        click.echo(f"failed: {error}", err=True)
        code = 1
    except SeqvisionError as error:
        click.echo(f"error: {error}", err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nstopped; for `run` and `tune` the same command goes on", err=True)
        code = 130
    except BrokenPipeError:
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
