"""The rows of a comparison against a baseline: differences, intervals and p-values."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from seqvision.comparison.answers import wrong_images
from seqvision.statistics.bootstrap import bootstrap_interval
from seqvision.statistics.cochran import cochrans_q
from seqvision.statistics.holm import holm
from seqvision.statistics.majority import majority_p_value
from seqvision.statistics.mcnemar import mcnemar_over_seeds
from seqvision.statistics.student import t_interval, t_p_value

_ON_IMAGES = ["bootstrap_low", "bootstrap_high", "p_mcnemar", "cochrans_q", "p_cochran"]


def against(units: pd.DataFrame, used: pd.DataFrame, baselines: dict[int, int]) -> pd.DataFrame:
    """Compare with the baseline each row on data that it ran on too.

    Returns what is known of each:

    - `difference`: the mean over the `common_seeds` of row minus baseline, in the metric, with its
      95 % interval `difference_low`, `difference_high` and `p_paired`, by Student's t over the
      seeds: what more seeds would show on these test images;
    - `bootstrap_low`, `bootstrap_high`: the 95 % interval of the difference in test error over
      both seeds and test images: what other images would show too;
    - `p_mcnemar`: McNemar's exact test on the test images, seed by seed; it is small only if most
      seeds find the same model better. It compares the trained models and does not say what other
      seeds would give; NaN unless row and baseline are one config each;
    - `p_paired_holm`, `p_mcnemar_holm`: corrected for the number of rows on the same data;
    - `cochrans_q` and `p_cochran`, the same for all rows of one config on the same data: whether
      they err equally often, by most of the seeds that all of them have.

    Args:
        units: `block`, `row`, `seed` and `value`, one line for each row and seed.
        used: the runs whose metric they are.
        baselines: the baseline's row by block, of the blocks that have one.
    """
    table = _paired(units, baselines)
    blocks = units.groupby("row")["block"].first()
    on_images = chain.from_iterable(
        _on_images(used[used["block"] == block], base) for block, base in baselines.items()
    )
    said = pd.DataFrame(on_images, columns=["row", *_ON_IMAGES]).set_index("row")
    table = table.join(said, how="outer")
    for p in ("p_paired", "p_mcnemar"):
        corrected = table.groupby(blocks)[p].transform(holm)
        table.insert(table.columns.get_loc(p) + 1, f"{p}_holm", corrected)
    return table


def _paired(units: pd.DataFrame, baselines: dict[int, int]) -> pd.DataFrame:
    """The paired differences over the seeds that a row and the baseline both have."""
    is_base = units["row"].isin(baselines.values())
    pairs = units[~is_base].merge(units[is_base], on=["block", "seed"], suffixes=("", "_base"))
    pairs["difference"] = pairs["value"] - pairs["value_base"]
    found = pairs.groupby("row")["difference"].agg(["count", "mean", "std"])
    low, high = t_interval(found["mean"], found["std"], found["count"])
    return pd.DataFrame(
        {
            "common_seeds": found["count"],
            "difference": found["mean"],
            "difference_low": low,
            "difference_high": high,
            "p_paired": t_p_value(found["mean"], found["std"], found["count"]),
        },
        index=found.index,
    )


def _on_images(runs: pd.DataFrame, base: int) -> Iterator[dict[str, Any]]:
    """The statistics of the predictions of one block's runs, a mapping for each row."""
    wrong = wrong_images(runs)
    configs = runs.groupby("row")["config_hash"].nunique()
    singles = set(configs.index[configs == 1])
    of_row: dict[int, dict[int, np.ndarray]] = {row: {} for row in (base, *configs.index)}
    for (row, seed), folders in runs.groupby(["row", "seed"])["folder"]:
        masks = [wrong[folder] for folder in folders if folder in wrong]
        if len(masks) == len(folders):
            of_row[row][seed] = masks[0] if row in singles else np.mean(masks, axis=0)
    q, p_cochran = _cochran([of_row[row] for row in of_row if row in singles and of_row[row]])
    for row, of_seed in of_row.items():
        said: dict[str, Any] = {"row": row}
        if row in singles and of_seed:
            said |= {"cochrans_q": q, "p_cochran": p_cochran}
        seeds = sorted(of_seed.keys() & of_row[base].keys())
        pairs = [(of_seed[seed], of_row[base][seed]) for seed in seeds]
        if row != base and pairs:
            differences = np.array([mine.astype(float) - bases for mine, bases in pairs])
            said["bootstrap_low"], said["bootstrap_high"] = bootstrap_interval(differences)
            if {row, base} <= singles:
                said["p_mcnemar"] = mcnemar_over_seeds(pairs)
        yield said


def _cochran(models: list[dict[int, np.ndarray]]) -> tuple[float, float]:
    """Cochran's Q and its p-value for models, `{seed: wrong images}` each, by most common seeds."""
    seeds = set.intersection(*map(set, models)) if len(models) > 1 else set()
    tests = [cochrans_q(np.array([model[seed] for model in models])) for seed in sorted(seeds)]
    if not tests:
        return np.nan, np.nan
    # The Q that most seeds reach: that of the p-value which `majority_p_value` takes.
    q = sorted((q for q, _ in tests), reverse=True)[len(tests) // 2]
    return q, majority_p_value([p for _, p in tests])
