"""The words of a comparison: a note for each row, and the caption under the table."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from seqvision.comparison.groups import data_titles
from seqvision.comparison.records import is_config
from seqvision.comparison.speeds import SPEEDS, UNEVEN, any_uneven
from seqvision.config.train import NO_EFFECT
from seqvision.formatting import counted, number, p_value
from seqvision.metrics import higher_is_better

_SPEED = ["cpu", "cores", "devices", "threads", "backend", "deterministic"]


def row_notes(table: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """What a reader should know of each row, in the order of the table."""
    mixed = runs["row"].isin(table.index[table["configs"] > 1])
    known = runs["status"].isin(["finished", "failed"])
    config = [
        column
        for column in runs
        if is_config(column) and column.removeprefix("train.") not in NO_EFFECT
    ]
    varies = runs[mixed & known].groupby("row")[config].nunique(dropna=False)
    return ["; ".join(_notes(row, varies)) for row in table.itertuples()]


def _notes(row: Any, varies: pd.DataFrame) -> Iterator[str]:
    if row.seeds == 0:
        yield "no result"
    elif row.seeds == 1:
        yield "one seed: no interval"
    elif pd.isna(row.low):
        yield "no spread between seeds: no interval"
    for status in ("failed", "unfinished", "damaged"):
        if count := getattr(row, status):
            yield f"{count} {status}"
    if row.missing:
        yield f"{counted(row.missing, 'seed')} missing"
    if row.left_out:
        yield f"{counted(row.left_out, 'run')} left out"
    if row.configs > 1:
        yield f"{row.configs} configs" + (
            _differ(varies.loc[row.Index]) if row.Index in varies.index else ""
        )
    used = row.finished - row.left_out
    if used and getattr(row, "reached_target", used) < used:
        yield f"{row.reached_target} of {used} reached the target"


def _differ(varies: pd.Series) -> str:
    """`, which differ in model.scan`, by the number of values of each column of the config."""
    columns = list(varies.index[varies > 1])
    # A spec and its parts differ together; the parts say it more exactly.
    inner = [c for c in columns if not any(other.startswith(f"{c}.") for other in columns)]
    if not inner:
        return ""
    more = ", …" if len(inner) > 3 else ""
    return f", which differ in {', '.join(inner[:3])}{more}"


def caption(
    table: pd.DataFrame, runs: pd.DataFrame, baselines: dict[int, int], attrs: dict[str, Any]
) -> list[str]:
    """Sentences that say what the table's intervals and p-values mean, and what it leaves out."""
    metric, baseline = attrs["metric"], attrs["baseline"]
    better = "high" if higher_is_better(metric) else "low"
    said = [
        f"{metric}, best when {better}: mean over seeds with its 95 % interval by Student's t, how "
        "far it may be from the mean over all seeds."
    ]
    costs = [column for column in SPEEDS if column in table]
    if costs or "seconds_to_target" in table:
        said.append("Speeds and times are medians over the runs.")
    if any_uneven(table):
        said.append(UNEVEN)
    if (table["configs"] > 1).any():
        said.append(
            "A row of several configs has one value a seed, their mean, for the seeds they all "
            "have; other runs are left out."
        )
    if table["block"].nunique() > 1:
        said.append("Runs on different data are not ranked together.")
    if baseline is not None:
        said += _against(table, baselines, metric, baseline)
    speeds = [column for column in _SPEED if column in runs]
    machines = runs.loc[runs["status"] == "finished", speeds].drop_duplicates()
    if len(machines) > 1:
        said.append(
            f"Speeds and seconds were measured on {len(machines)} different machines or settings: "
            "compare them with care."
        )
    return said


def _against(
    table: pd.DataFrame, baselines: dict[int, int], metric: str, baseline: str
) -> list[str]:
    said = [
        f"Differences are row minus {baseline} in {metric}, over the seeds that both have. Their "
        "95 % interval and p are of Student's paired t: what more seeds would show on these test "
        "images. These are what to decide by.",
        "The bootstrap's 95 % interval is of the difference in test error over seeds and test "
        "images both: what other images would show too; it errs on the wide side.",
        "McNemar's exact test and Cochran's Q ask whether the trained models err equally often on "
        "the same test images; of several seeds, most have to say so, and McNemar's to the same "
        "side. Neither says what other seeds would give.",
        "p-values are Holm's, corrected for the number of rows on the same data.",
    ]
    for title, rows in table.groupby(data_titles(table), sort=False):
        tested = rows[rows["p_cochran"].notna()]
        if rows["block"].iloc[0] not in baselines and rows["seeds"].any():
            said.append(f"{title}: no run of {baseline} on this data; nothing is compared with it.")
        elif len(tested):
            q, p = tested[["cochrans_q", "p_cochran"]].iloc[0]
            said.append(
                f"{title}: Cochran's Q over {len(tested)} trained models is {number(q)}, "
                f"p {_is(p)}: whether they all err equally often."
            )
    return said


def _is(p: float) -> str:
    """`= 0.031` or `< 0.001`."""
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"
