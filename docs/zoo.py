"""Writes the zoo's pages, docs/zoo: `python docs/zoo.py`, in half a minute.

Sizes, costs and pictures of reading orders need the models themselves, so they are measured here
and kept, in costs.json beside the pages, with the hash of each config. The pages are made of these,
of the published records and of the weights' manifest, without Keras; a test fails while they are
out of date, or the costs are of other configs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.comparison.groups import data_titles
from seqvision.comparison.publish.body import table
from seqvision.comparison.records import load_records
from seqvision.comparison.table import compare
from seqvision.config import load_config, zoo_folder, zoo_names
from seqvision.formatting import NONE, count, counted, percent, short, size
from seqvision.presets.facts import Facts
from seqvision.presets.manifest import presets
from seqvision.specs import name_and_options

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "zoo"
COSTS = FOLDER / "costs.json"
RESULTS = {"zoo": "README.md", "series": "series.md"}
STEPS = 100
"""The length of a series whose cost is told."""


def pages() -> dict[str, str]:
    """The text of each page by its name.

    Raises:
        KeyError: a config has changed since its costs were measured, or has none.
    """
    costs = json.loads(COSTS.read_text(encoding="utf-8"))
    measured = {name: costs[f"{name} {load_config(name).hash}"] for name in zoo_names()}
    rows = {page: _compared(ROOT / "results/published" / name) for name, page in RESULTS.items()}
    weights = {name: [f for f in presets().values() if f.more["name"] == name] for name in measured}
    found = {name: _page(name, measured[name], rows, weights[name]) for name in measured}
    return {"index": _index(measured, rows, weights), **found}


def _compared(folder: Path) -> pd.DataFrame:
    found = compare(load_records(folder))
    return found[found["seeds"] > 0].assign(title=data_titles)


def _index(measured: dict[str, Any], rows: dict[str, pd.DataFrame], weights: Any) -> str:
    lines = []
    for name, cost in measured.items():
        best = [row for found in rows.values() for row in _rows_of(found, name)[:1]]
        tags = ", ".join(f"`{facts.more['tag']}`" for facts in weights[name])
        lines.append(
            [
                f"[`{name}`]({name}.md)",
                load_config(name).description,
                short(cost["parameters"]),
                short(cost["flops"]),
                f"{_error(best[0])} on {best[0].dataset}" if best else NONE,
                tags or NONE,
            ]
        )
    columns = ["model", "what it is", "parameters", "FLOPs", "test error %", "weights"]
    return "\n\n".join(
        [
            "# The zoo",
            _LEAD,
            table(columns, lines),
            _BELOW,
        ]
    )


_LEAD = """\
Models by name, in any folder: `seqvision run gru3`, or `seqvision.create_model("gru3")`. Each has a
page with its config, the order in which it reads, its results and its weights."""

_BELOW = f"""\
FLOPs are of one sample: of an image, or of a series of {STEPS} steps. The error is the mean over
seeds with its 95 % interval by Student's t, on the dataset where it is least; all of them are in
[results](../../results/README.md) and [results of series](../../results/series.md). Errors on
different datasets do not compare.
"""


def _rows_of(found: pd.DataFrame, name: str) -> list[Any]:
    return list(found[found["name"] == name].sort_values("mean").itertuples())


def _error(row: Any) -> str:
    half = "" if pd.isna(row.low) else f" ± {100 * (row.high - row.low) / 2:.2f}"
    return f"{percent(row.mean).rstrip('%')}{half}"


def _page(name: str, cost: Any, rows: dict[str, pd.DataFrame], weights: list[Facts]) -> str:
    parts = [f"# {name}", f"`{name}`: {load_config(name).description}."]
    parts += [*_size(cost), *_order(cost), *_config(name), *_results(name, rows)]
    parts += [*_weights(weights), *_commands(name, weights)]
    return "\n\n".join(parts) + "\n"


def _size(cost: Any) -> Iterator[str]:
    series = cost["input_shape"][0] is None
    shape = [str(n) for n in cost["input_shape"] if n is not None]
    reads = f"series of {shape[-1]} features" if series else f"images of {'×'.join(shape)}"
    sample = f"a series of {STEPS} steps" if series else "an image"
    rows = [
        ["reads", f"{reads}, {cost['classes']} classes (of its own dataset; others by theirs)"],
        ["parameters", count(cost["parameters"])],
        ["cost", f"{short(cost['flops'])} floating-point operations for {sample}"],
    ]
    yield table(["", ""], rows)


def _order(cost: Any) -> Iterator[str]:
    if cost["scans"]:
        yield "## Reading order"
        yield "The step at which each pixel is read, from dark to light."
    for scan in cost["scans"]:
        steps, over = counted(scan["steps"], "step"), "×".join(map(str, scan["over"]))
        yield f"![{scan['class']}, {steps}]({scan['picture']})"
        yield f"`{scan['class']}` over {over}, {steps}."


def _config(name: str) -> Iterator[str]:
    yield "## Config"
    text = (zoo_folder() / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
    yield f"```yaml\n{text}\n```"


def _results(name: str, rows: dict[str, pd.DataFrame]) -> Iterator[str]:
    yield "## Results"
    lines = [
        [row.title, str(row.seeds), _error(row), f"[results](../../results/{page})"]
        for page, found in rows.items()
        for row in _rows_of(found, name)
    ]
    if lines:
        yield "Test error in percent, mean over seeds with its 95 % interval by Student's t."
        yield table(["data", "seeds", "test error %", "the command that repeats it"], lines)
    else:
        yield "No run of it is published among the zoo's."
    if (ROOT / "results/published/archive" / name).is_dir():
        yield "Over nine sets of the archives: [results](../../results/archive.md)."


def _weights(weights: list[Facts]) -> Iterator[str]:
    if not weights:
        return
    yield "## Weights"
    in_wheel = ROOT / "seqvision" / "presets" / "weights"
    lines = []
    for facts in weights:
        more, over = facts.more, facts.more["metrics"]["test_accuracy"]
        place = "package" if (in_wheel / more["file"]).exists() else "folder `weights/`"
        spread = "" if over.get("high") is None else f" ± {100 * (over['high'] - over['mean']):.2f}"
        accuracy = f"{percent(over['mean']).rstrip('%')}{spread}"
        handle = f"`{more['name']}:{more['tag']}`"
        octets = f"{size(more['bytes'])}, {more['dtype']}"
        lines.append([handle, accuracy, octets, place, f"`{more['command']}`"])
    yield table(["name", "test accuracy %", "file", "in the", "made by"], lines)


def _commands(name: str, weights: list[Facts]) -> Iterator[str]:
    yield "## Commands"
    lines = [f"seqvision show {name}", f"seqvision run {name} --seeds 0-2"]
    if weights:
        more = weights[0].more
        lines.append(f"seqvision predict {name}:{more['tag']} mine/ --top 3")
        lines.append(f"seqvision export {name}:{more['tag']} --to onnx -o {name}.onnx")
    yield "```bash\n" + "\n".join(lines) + "\n```"


def measure() -> None:
    """Build each model, and write its size and cost, and pictures of its reading orders."""
    from seqvision.data import DATASETS
    from seqvision.data.loading import load
    from seqvision.families.build import build_family
    from seqvision.runs.flops import flops_per_image
    from seqvision.scans.base import Scan, reading_order

    costs = {}
    for name in zoo_names():
        config = load_config(name)
        card = DATASETS.entry(name_and_options(config.data.dataset)[0]).card
        if "input_shape" in card:
            shape, classes = card["input_shape"], card["num_classes"]
        else:
            dataset = load(config.data.dataset)
            shape, classes = dataset.input_shape, len(dataset.class_names)
        model = build_family(config.model, shape, classes)
        scans = []
        for layer in model.layers:
            if shape[0] is None or not isinstance(layer, Scan):
                continue
            over = [*layer.input.shape[1:3]]
            order = reading_order(layer, *over)
            picture = f"{'-'.join(map(str, over))}-{_digest(order)}.png"
            _draw(order, FOLDER / picture)
            of = {"class": type(layer).__name__, "over": over, "steps": layer.output.shape[1]}
            scans.append({**of, "picture": picture})
        costs[f"{name} {config.hash}"] = {
            "input_shape": list(shape),
            "classes": classes,
            "parameters": model.count_params(),
            "flops": flops_per_image(model, STEPS),
            "scans": scans,
        }
    lines = [f"{json.dumps(name)}: {json.dumps(cost)}" for name, cost in costs.items()]
    COSTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _digest(order: Any) -> str:
    import hashlib

    return hashlib.sha256(order.astype("int32").tobytes()).hexdigest()[:6]


def _draw(order: Any, path: Path, side: int = 224) -> None:
    """Draw the step that reads each pixel, as a small picture."""
    import numpy as np
    from PIL import Image

    colours = np.array([[30, 20, 70], [50, 90, 140], [60, 160, 130], [240, 220, 90]])
    place = order / max(order.max(), 1) * (len(colours) - 1)
    low = np.minimum(place.astype(int), len(colours) - 2)
    share = (place - low)[..., None]
    pixels = (1 - share) * colours[low] + share * colours[low + 1]
    scale = max(1, side // max(order.shape))
    picture = Image.fromarray(pixels.round().astype("uint8")).resize(
        (scale * order.shape[1], scale * order.shape[0]), Image.Resampling.NEAREST
    )
    picture.quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    measure()
    for name, text in pages().items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
