"""`seqvision publish-weights`: trained weights that say what they are, for others to take."""

import json
from pathlib import Path

import click


@click.command(name="publish-weights")
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("published-weights"))
@click.option("--name", help="Of the model, if not the config's.")
@click.option("--tag", help="Of the weights, if not the dataset's name.")
@click.option(
    "--exact", is_flag=True, help="Do not round weights, not even where no test image shows it."
)
@click.option("--licence", "--license", help="Of the weights, such as apache-2.0.")
@click.option("--manifest", type=click.Path(path_type=Path), help="Add its line to this file.")
@click.option("--files", type=click.Path(path_type=Path), help="Put its weights in this folder.")
@click.option("--url", "urls", multiple=True, help="An address that will hold the files.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    records: tuple[Path, ...],
    output: Path,
    name: str | None,
    tag: str | None,
    exact: bool,
    licence: str | None,
    manifest: Path | None,
    files: Path | None,
    urls: tuple[str, ...],
    as_json: bool,
) -> None:
    """Publish the weights of finished runs: a folder with a model card, ready to upload.

    RECORDS are the folders of runs of one config. Of several seeds the one that is best on the
    validation images is taken; metrics are given over all of them, with their interval.

    \b
    seqvision publish-weights results/tiny/88c64437-s0
    seqvision publish-weights results/tiny/88c64437-s* --licence apache-2.0
    """
    from seqvision.errors import SeqvisionError
    from seqvision.formatting import percent, size

    if (manifest is None) != (files is None):
        raise SeqvisionError("--manifest and --files belong together: a line and its file")
    from seqvision.publishing.publish import add_to_manifest, publish_weights

    published = publish_weights(
        records, output, name=name, tag=tag, rounded=not exact, licence=licence, urls=urls
    )
    if manifest is not None and files is not None:
        add_to_manifest(published, manifest, files)
    facts = published.facts
    if as_json:
        click.echo(json.dumps({"folder": str(published.folder), **facts.to_json()}, indent=1))
        return
    more = facts.more
    click.echo(
        f"wrote {published.folder}: seed {more['seed']}, {size(more['bytes'])} in {more['dtype']}, "
        f"test accuracy {percent(more['own_metrics']['test_accuracy'])}"
    )
