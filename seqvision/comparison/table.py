"""The comparison: one row for each group of runs."""

from collections.abc import Iterable, Sequence

import pandas as pd

from seqvision.comparison.against import against
from seqvision.comparison.groups import DATA, grouped, label
from seqvision.comparison.left_out import grouped_warnings
from seqvision.comparison.notebook import Comparison
from seqvision.comparison.notes import caption, row_notes
from seqvision.comparison.records import is_config, tested
from seqvision.comparison.speeds import SPEEDS, medians
from seqvision.comparison.time_to_target import seconds_to_target
from seqvision.errors import SeqvisionError, did_you_mean
from seqvision.formatting import NONE
from seqvision.metrics import ALIASES, higher_is_better
from seqvision.statistics.student import t_interval

_COSTS = ["parameters", "flops_per_image", *SPEEDS]
_STATUSES = ["finished", "failed", "unfinished", "damaged"]
_WHOLE = ["rank", "seeds", "reached_target", "common_seeds"]


@grouped_warnings()
def compare(
    records: pd.DataFrame,
    by: str | Sequence[str] = ("name",),
    baseline: str | Sequence[object] | None = None,
    metric: str = "test_error",
    target: float | None = None,
) -> Comparison:
    """Return one row for each group of runs, the best first; groups on different data stand apart.

    A row has one value for each seed: the metric of its run or, where a row holds several configs,
    the mean over them, for the seeds that all of them have. Columns:

    - those of `by`, then `dataset`, `split`, `checksum` and the sizes `train`, `validation`,
      `test`: rows that differ in these are not ranked together;
    - `rank` among the rows of the same data; `seeds`, and over them `mean`, `std`, `low` and `high`
      (95 % interval by Student's t; NaN for one seed), `best`, `worst`;
    - `configs`; runs by status, `finished`, `failed`, `unfinished`, `damaged`; `missing`, seeds
      that another row of the same data has; `left_out`, finished runs that do not count, because
      another config of the row lacks their seed or they lack the metric;
    - medians over the runs that count: `parameters`, `flops_per_image`, and of two speeds,
      `train_images_per_second` and `inference_images_per_second`, also the slowest run's and the
      fastest's, `…_min` and `…_max`;
    - `parent`, if any run began with trained weights: the name of their model, or several;
    - with a target: `reached_target`, the runs that did, and `seconds_to_target`, their median;
    - with a baseline, for every other row on the same data, what `against` returns: `difference`
      over `common_seeds`, its interval and `p_paired`; `p_mcnemar`, both also corrected, `…_holm`;
      `bootstrap_low`, `bootstrap_high`; `cochrans_q`, `p_cochran`;
    - `note`, what a reader of the row should know.

    A notebook shows of these what the command does. `table.attrs` holds `metric`, `by`, `baseline`,
    `target` and `caption`, sentences that say what the intervals and p-values mean.

    Args:
        records: what `load_records` gives, or some rows of it; untested ones do not count.
        by: columns whose values make a group, such as `["model.scan", "model.cell"]`.
        baseline: the group that others are compared with: its values of `by`, joined by ", " if
            several, or the name of its runs. Predictions are read only if it is given.
        metric: a column of numbers, or `log_loss`, which is `test_loss`, and `val_log_loss`. What
            ends in accuracy, f1, auroc or per_second is best when high, all else when low.
        target: a validation accuracy, a share from 0 to 1.

    Raises:
        SeqvisionError: no records, or an unknown column, metric or baseline, or a target that is
            no share.

    Examples:
        >>> import seqvision
        >>> runs = seqvision.run("tiny", seeds=range(2))
        >>> table = seqvision.compare(seqvision.load_records("results"))
        >>> int(table["seeds"].iloc[0]), bool(table["low"].iloc[0] < table["mean"].iloc[0])
        (2, True)
    """
    by = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    records, metric = tested(records), ALIASES.get(metric, metric)
    check(records, by, metric)
    if target is not None and not 0 < target <= 1:
        raise SeqvisionError(f"target: expected an accuracy between 0 and 1, got {target}")
    runs = grouped(records, by)
    if metric not in runs:
        runs[metric] = float("nan")  # No run is finished.
    used, units = _used(runs, metric)
    table = runs.groupby("row")[[*dict.fromkeys([*by, *DATA, "block"])]].first()
    table = table.join(_summary(units, metric)).join(_counts(runs, used))
    costs = [column for column in _COSTS if column in runs and column not in by]
    table = table.join(medians(used, "row", costs))
    if "parent" in runs and "parent" not in by and runs["parent"].notna().any():
        table = table.join(runs.groupby("row")["parent"].agg(_parents))
    if target is not None:
        seconds = used["folder"].map(lambda folder: seconds_to_target(folder, target))
        of_rows = seconds.astype(float).groupby(used["row"])
        table = table.join(of_rows.agg(reached_target="count", seconds_to_target="median"))
    baselines = {}
    if baseline is not None:
        baselines = _baselines(baseline, table[by], table["block"], runs)
        table = table.join(against(units, used, baselines))
    whole = [column for column in _WHOLE if column in table]
    table[whole] = table[whole].astype("Int64")
    table["seeds"] = table["seeds"].fillna(0)
    table["note"] = row_notes(table, runs)
    table = table.sort_values(["dataset", "block", "rank"], kind="stable", na_position="last")
    attrs = {"metric": metric, "by": by, "baseline": _name(baseline), "target": target}
    said = caption(table, runs, baselines, attrs)
    table = Comparison(table.drop(columns="block").reset_index(drop=True))
    table.attrs = {**attrs, "caption": said}
    return table


def check(records: pd.DataFrame, by: list[str], metric: str) -> None:
    """Check that records can be compared.

    Raises:
        SeqvisionError: there are none, or they have no such column or metric.
    """
    if not len(records):
        raise SeqvisionError("no records to compare")
    if not by:
        raise SeqvisionError("by: expected a column to group by, such as 'name'")
    for column in by:
        if column not in records:
            near = did_you_mean(column, records.columns)
            raise SeqvisionError(f"by: the records have no column {column!r}{near}")
    finished = records[records["status"] == "finished"]
    numbers = finished.select_dtypes("number").columns
    others = ("seed", "resample", "folds", "fold", *DATA)
    metrics = [c for c in numbers if not (is_config(c) or c in others)]
    if metric not in metrics and len(finished):
        near = did_you_mean(metric, metrics)
        raise SeqvisionError(f"unknown metric {metric!r}{near} (metrics: {', '.join(metrics)})")


def _used(runs: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs that count, and their metric as `units`, one value for each row and seed."""
    ended = runs[(runs["status"] == "finished") & runs[metric].notna()]
    configs = ended.groupby("row")["config_hash"].nunique()
    of_seed = ended.groupby(["row", "seed"])["config_hash"].transform("nunique")
    used = ended[of_seed == ended["row"].map(configs)]
    units = used.groupby(["block", "row", "seed"], as_index=False)[metric].mean()
    return used, units.rename(columns={metric: "value"})


def _summary(units: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean, spread, interval, best and worst of each row, and its rank among those of its data."""
    high = higher_is_better(metric)
    values = units.groupby("row")["value"]
    table = values.agg(["count", "mean", "std", "min", "max"])
    table["low"], table["high"] = t_interval(table["mean"], table["std"], table["count"])
    best, worst = ("max", "min") if high else ("min", "max")
    blocks = units.groupby("row")["block"].first()
    table["rank"] = table.groupby(blocks)["mean"].rank(method="min", ascending=not high)
    table = table.rename(columns={"count": "seeds", best: "best", worst: "worst"})
    return table[["rank", "seeds", "mean", "std", "low", "high", "best", "worst"]]


def _counts(runs: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """How many configs and runs of each status a row has, and how many runs it lacks."""
    rows = runs.groupby("row")
    counts = runs.groupby(["row", "status"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=_STATUSES, fill_value=0)
    counts.insert(0, "configs", rows["config_hash"].nunique())
    seeds_of_data = rows["block"].first().map(runs.groupby("block")["seed"].nunique())
    counts["missing"] = seeds_of_data - rows["seed"].nunique()
    counts["left_out"] = counts["finished"].sub(used.groupby("row").size(), fill_value=0)
    return counts.astype(int)


def _baselines(
    baseline: str | Sequence[object], groups: pd.DataFrame, blocks: pd.Series, runs: pd.DataFrame
) -> dict[int, int]:
    """The baseline's row by block, of the blocks that have one."""
    labels = pd.Series([label(values) for values in groups.itertuples(index=False)], groups.index)
    wanted = _name(baseline)
    found = labels.index[labels.str.replace(" ", "") == str(wanted).replace(" ", "")]
    if not len(found):
        found = pd.Index(runs.loc[runs["name"] == wanted, "row"].unique())
    if not len(found):
        known = list(dict.fromkeys(labels))
        few = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        near = did_you_mean(str(wanted), known)
        raise SeqvisionError(f"unknown baseline {wanted!r}{near} (rows: {few})")
    of_block: dict[int, int] = {}
    for row in found:
        if blocks[row] in of_block:
            twice = " and ".join(repr(labels[r]) for r in (of_block[blocks[row]], row))
            raise SeqvisionError(f"baseline {wanted!r} is in several rows: {twice}")
        of_block[blocks[row]] = row
    return of_block


def _parents(names: pd.Series) -> str | None:
    """`gru1:mnist`; of several, and of runs without, all of them: `gru1:mnist, –`."""
    unique = dict.fromkeys(NONE if pd.isna(name) else name for name in names)
    return None if list(unique) == [NONE] else ", ".join(unique)


def _name(baseline: str | Iterable[object] | None) -> str | None:
    return baseline if baseline is None or isinstance(baseline, str) else label(baseline)
