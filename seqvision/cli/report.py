"""`seqvision report`: a page to show."""

from pathlib import Path

import click


@click.command(name="report")
@click.argument("results", type=click.Path(path_type=Path), default=Path("results"))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@click.option("--baseline", metavar="NAME", help="The model that the others are compared with.")
@click.option("--title", help="The page's heading.")
@click.option(
    "--published",
    multiple=True,
    metavar="NAME=FILE",
    help="Others' results, as `compare --across` takes them.",
)
def command(
    results: Path, output: Path, baseline: str | None, title: str | None, published: tuple[str, ...]
) -> None:
    """Write a report of the runs in RESULTS (results) as one HTML file that opens offline.

    It holds the ranks of models over all datasets if there are several, and for each dataset the
    leaderboard, the charts of `seqvision plot`, the images that most models get wrong, where each
    number comes from, and the searches of `seqvision tune` that are there.

    \b
    seqvision report
    seqvision report results/ -o report.html --baseline gru3
    """
    from seqvision.cli._output import named_files, write_output
    from seqvision.comparison.records import load_records
    from seqvision.comparison.report import report
    from seqvision.comparison.trials import load_trials

    def page() -> str:
        records = load_records(results)
        folders = sorted(path.parent for path in results.glob("*/trials.csv"))
        searches = {folder.name: load_trials(folder) for folder in folders}
        files = named_files(published)
        return report(records, baseline=baseline, title=title, searches=searches, published=files)

    write_output(output, {".html": page})
