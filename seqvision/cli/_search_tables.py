"""Tables of a search for a person at a terminal: what it tries, and what it found."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from seqvision.formatting import NONE, count, counted, duration, number, percent
from seqvision.metrics import higher_is_better, metric_value

_MOST = 10  # trials of a table


def show_search(tunable: Any, results: Path, places: int, *, as_json: bool = False) -> None:
    """Show what is searched, how, and what is done already: on stderr, or as JSON on stdout."""
    from seqvision.config.oracles import GridSearch
    from seqvision.config.size import grid_size, trials_of
    from seqvision.sweep.tune.log import asked

    tune, folder = tunable.tune, results / tunable.name
    grid = grid_size(tune.space) if isinstance(tune.oracle, GridSearch) else None
    trials = trials_of(tune, tunable.untuned.train.epochs)
    space = tune.model_dump(mode="json", by_alias=True, exclude_none=True)["space"]
    if as_json:
        content = {
            "name": tunable.name,
            "oracle": tune.oracle.model_dump(mode="json"),
            "objective": tune.objective,
            "trials": trials,
            "begun": len(asked(folder)),
            "seeds": tune.each_seed,
            "grid_points": grid,
            "space": space,
        }
        click.echo(json.dumps(content, indent=1))
        return
    from rich.console import Console

    table = _table(parameter="left", values="left", when="left")
    for path, spec in space.items():
        when = spec.pop("when", {})
        table.add_row(path, _words(spec), ", ".join(f"{k}: {v}" for k, v in when.items()))
    console = Console(stderr=True)
    console.print(table)
    seeds = f" × {len(tune.each_seed)} seeds" if len(tune.each_seed) > 1 else ""
    words = f"{tunable.name}: {counted(trials, 'trial')}{seeds}"
    words += f", {tune.oracle.name}, by {tune.objective}"
    words += f"; the grid has {counted(grid, 'point')}" if grid else ""
    words += f"; {len(asked(folder))} begun already" if asked(folder) else ""
    words += f"; {places} runs side by side" if places > 1 else ""
    console.print(words, highlight=False)


def show_found(found: Any, chart: Path) -> None:
    """Show the best trials, how the search went, and what it gained on the test images."""
    from rich.console import Console

    from seqvision.comparison.trials import load_trials, parameters

    trials = load_trials(found.folder)
    objective = trials["objective"].iloc[0]
    each = trials.groupby("trial").first()
    each["seconds"] = trials.groupby("trial")["seconds"].median()
    console = Console()
    ranked = each.sort_values("mean", ascending=not higher_is_better(objective), na_position="last")
    columns = parameters(trials)
    table = _table(trial="right", **{objective: "right"}, epochs="right", time="right")
    for path in columns:
        table.add_column(path.rpartition(".")[2], justify="right", overflow="fold")
    for trial, row in ranked.head(_MOST).iterrows():
        figures = [
            _figure(row["mean"], partial(metric_value, objective)),
            _figure(row["epochs"], count),
            _figure(row["seconds"], duration),
        ]
        status = "" if row["status"] == "finished" else f" ({row['status']})"
        values = [_cell(row[path]) for path in columns]
        table.add_row(f"{trial}{status}", *figures, *values)
    console.print(table)
    if len(each) > _MOST:
        console.print(f"the {_MOST} best of {counted(len(each), 'trial')}", style="dim")
    console.print(f"{objective}, trial by trial: {sparkline(each['mean'])}", highlight=False)
    saved = trials["epochs_saved"].sum()
    if saved:
        done = trials["epochs"].sum()
        console.print(f"{count(saved)} of {count(done)} epochs were taken over, not trained again")
    if found.verdict:
        console.print(_verdict(found.verdict))
        console.print(found.verdict["in_words"], highlight=False)
    click.echo(f"best config: {found.folder / 'best.yaml'}")
    click.echo(f"chart: {chart}")


def sparkline(values: Any) -> str:
    """A bar a value, from the smallest to the largest; a dot for one that is missing."""
    bars = "▁▂▃▄▅▆▇█"
    low, high = values.min(), values.max()
    span = (high - low) or 1.0
    levels = (values - low) / span * (len(bars) - 1)
    return "".join("·" if level != level else bars[round(level)] for level in levels)


def _verdict(verdict: dict[str, Any]) -> Any:
    table = _table(config="left", **{verdict["objective"]: "right"}, error="right", interval="left")
    for title, name in (("as it was", "untuned"), ("the best", "tuned")):
        error = verdict[name]
        low, high = error["low"], error["high"]
        interval = NONE if low is None else f"{percent(low)} to {percent(high)}"
        value = metric_value(verdict["objective"], verdict[f"{name}_objective"])
        table.add_row(title, value, percent(error["mean"]), interval)
    table.columns[2].header, table.columns[3].header = "test error", "95 % interval"
    return table


def _words(spec: dict[str, Any]) -> str:
    """`choice gru, lstm`, `float 0.0001 to 0.01, log`."""
    kind = next(kind for kind in ("choice", "int", "float", "boolean", "fixed") if kind in spec)
    value = spec[kind]
    if kind == "choice":
        return f"choice: {', '.join(map(_text, value))}"
    if kind == "boolean":
        return "true or false"
    if kind == "fixed":
        return f"fixed: {_text(value)}"
    step = f", step {spec['step']}" if "step" in spec else ""
    return f"{kind}: {value[0]} to {value[1]}{step}{', log' if spec.get('log') else ''}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _figure(value: Any, say: Callable[[Any], str]) -> str:
    import pandas as pd

    return NONE if pd.isna(value) else say(value)


def _cell(value: Any) -> str:
    return _figure(value, number) if isinstance(value, float) else str(value)


def _table(**columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, justify in columns.items():
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table
