"""`seqvision push`: published weights to the Hugging Face hub."""

import json
from pathlib import Path

import click


@click.command(name="push")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--private", is_flag=True, help="If it is created, for its owner only.")
@click.option("--dry-run", is_flag=True, help="Check all, upload nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(folder: Path, repository: str, private: bool, dry_run: bool, as_json: bool) -> None:
    """Upload the FOLDER that `publish-weights` wrote to the Hugging Face hub.

    It takes a token, as `hf auth login` or HF_TOKEN gives, and pip install 'seqvision[hub]'.

    \b
    seqvision push published-weights/tiny.mnist me/tiny-mnist --dry-run
    """
    from seqvision.formatting import size
    from seqvision.publishing.push import push

    pushed = push(folder, repository, private=private, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(vars(pushed), indent=1))
        return
    for name, octets in pushed.files.items():
        click.echo(f"{name} ({size(octets)})")
    if pushed.address is None:
        click.echo(f"nothing was uploaded; without --dry-run it would go to {repository}")
    else:
        click.echo(f"uploaded to {pushed.address}; seqvision.load_model('hf://{repository}')")
