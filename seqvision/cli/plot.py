"""`seqvision plot`: one chart."""

from pathlib import Path
from typing import Any

import click


class _Kinds(click.Command):
    """Lists the kinds of charts in its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from seqvision.comparison.charts import CHARTS
        from seqvision.comparison.charts.across import ACROSS_CHARTS
        from seqvision.comparison.charts.search import SEARCH_CHARTS

        for title, charts in (
            ("Kinds", CHARTS),
            ("Kinds of several datasets", ACROSS_CHARTS),
            ("Kinds for a search", SEARCH_CHARTS),
        ):
            with formatter.section(title):
                formatter.write_dl([(kind, charts.entry(kind).summary) for kind in charts.names()])


@click.command(name="plot", cls=_Kinds)
@click.argument("kind")
@click.argument("results", type=click.Path(path_type=Path), default=Path("results"))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write: .png, .svg or .html.  [default: KIND.png]",
)
@click.option("--data", metavar="DATASET", help="Only runs on this dataset.")
@click.option("--models", metavar="PATTERN", help="Only models of such names: '*gru*'.")
@click.option("--most", type=click.IntRange(min=1), help="Show so many models, the best.")
def command(
    kind: str,
    results: Path,
    output: Path | None,
    data: str | None,
    models: str | None,
    most: int | None,
) -> None:
    """Draw one KIND of chart of the runs in RESULTS (results), or of the search in its folder.

    \b
    seqvision plot curves
    seqvision plot steps results/ -o steps.svg --data mnist --models '*columns*'
    seqvision plot slices results/gru3-tune
    """
    from seqvision.cli._output import chart_formats, write_output
    from seqvision.comparison.charts import CHARTS
    from seqvision.comparison.charts.across import ACROSS_CHARTS
    from seqvision.comparison.charts.search import SEARCH_CHARTS
    from seqvision.comparison.records import load_records
    from seqvision.errors import SeqvisionError

    of_search = kind in SEARCH_CHARTS.names()
    if of_search and (data or models):
        raise SeqvisionError(f"{kind}: is of one search; it has no use for --data and --models")
    of_several = kind in ACROSS_CHARTS.names()
    charts = SEARCH_CHARTS if of_search else ACROSS_CHARTS if of_several else CHARTS
    entry = charts.entry(kind)
    if most is not None and "most" not in {p.name for p in entry.parameters}:
        raise SeqvisionError(f"{kind}: shows all models; it has no use for --most")

    def chart() -> Any:
        from seqvision.comparison.across import across
        from seqvision.comparison.charts.base import data_names
        from seqvision.comparison.trials import load_trials

        if of_search:
            return charts.get(kind)(load_trials(results))
        records = load_records(results)
        if data is not None:
            records = _only(records, data_names(records), data, "--data")
        if models is not None:
            records = _only(records, records["name"], models, "--models")
        if of_several:
            return charts.get(kind)(across(records))
        return charts.get(kind)(records, **({} if most is None else {"most": most}))

    write_output(output or Path(f"{kind}.png"), chart_formats(chart))


def _only(records: Any, names: Any, pattern: str, option: str) -> Any:
    """The records whose entry in `names` matches a shell pattern."""
    import fnmatch

    from seqvision.errors import SeqvisionError, did_you_mean

    known = list(names.dropna().unique())
    kept = set(fnmatch.filter(known, pattern))
    if not kept:
        raise SeqvisionError(
            f"{option} {pattern}: no run is of it{did_you_mean(pattern, known)} "
            f"(known: {', '.join(sorted(known))})"
        )
    return records[names.isin(kept)]
