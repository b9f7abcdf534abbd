"""Figures that others have published for the same datasets, marked as not rerun, beside ours."""

from collections.abc import Iterator

import pandas as pd

from seqvision.comparison.across import Across
from seqvision.comparison.across.published import short_name
from seqvision.comparison.across.words import MARK, values
from seqvision.comparison.formats import escape_md
from seqvision.comparison.publish.body import frame
from seqvision.comparison.remarks import Other
from seqvision.formatting import NONE


def others_figures(ranked: Across, original: Across | None, others: list[Other]) -> Iterator[str]:
    """Others' figures by dataset, beside our model of the best mean rank on the original split."""
    if not others:
        return
    sources = list(dict.fromkeys(other.source for other in others))
    best = ranked.models["model"].iloc[0]
    ours = _of_model(original, best) if original and best in original.values else {}
    cells: dict[str, dict[str, list[str]]] = {}
    for other in others:
        said = f"{other.figure(ranked.metric)} [{sources.index(other.source) + 1}]"
        columns = cells.setdefault(other.dataset, {})
        columns.setdefault(f"{other.what} {MARK}", []).append(said)
    names = list(dict.fromkeys(name for columns in cells.values() for name in columns))
    rows = []
    for dataset, columns in sorted(cells.items()):
        of_same = [v for t, v in ours.items() if _is(dataset, t)]
        of_all = [*(columns.get(name, []) for name in names), of_same]
        rows.append([dataset, *(", ".join(each) or NONE for each in of_all)])
    yield "## Beside others' figures"
    yield (
        f"Accuracies in percent, all on the original split. {MARK} are published figures, not "
        "rerun here, each with the number of its source. Ours are those of the model of the best "
        "mean rank above, whether or not it is the best on a dataset."
    )
    yield frame(pd.DataFrame(rows, columns=["dataset", *names, f"{best} (ours)"]))
    yield "\n".join(f"{place}. {escape_md(source)}" for place, source in enumerate(sources, 1))


def _of_model(comparison: Across, model: str) -> dict[str, str]:
    """The values of a model by dataset, as they are shown."""
    shown = values(comparison, intervals=True).table
    has = comparison.values[model].dropna().index
    return {
        title: text for title, text in shown.set_index("dataset")[model].items() if title in has
    }


def _is(dataset: str, title: str) -> bool:
    """Whether a title is of a dataset: `archive:GunPoint, validation 0.2` is of `GunPoint`."""
    return short_name(title.partition(",")[0]) == short_name(dataset)
