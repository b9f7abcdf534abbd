"""The model card of published weights: Markdown with the Hugging Face hub's metadata.

https://huggingface.co/docs/hub/model-cards
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from seqvision.formatting import count, counted, number, percent, ranges, samples_of, size
from seqvision.presets.facts import Facts
from seqvision.publishing.metadata import metadata

PICTURE = "picture.png"

_MOST_NAMES = 20
_GIVEN = {
    "image": "Raw pixels go in, 0 to 255",
    "series": "Raw numbers go in, of any number of steps, NaN where nothing was observed",
}
_ARGUMENT = {
    "image": ("images", "(batch, height, width[, channels]), 0..255"),
    "series": ("series", "(batch, steps, features), float32"),
}
"""What the model is called with, and its shape, by the kind of samples."""


def card(facts: Facts) -> str:
    """The card's text.

    Args:
        facts: of published weights.
    """
    return f"---\n{metadata(facts)}---\n\n" + "\n\n".join(_parts(facts)) + "\n"


def _parts(facts: Facts) -> Iterator[str]:
    more = facts.more
    yield f"# {more['name']}, trained on {more['dataset']['name']}"
    classes = counted(len(facts.class_names or ()), "class")
    yield (
        f"A sequence classifier of the Keras 3 package seqvision, for "
        f"{samples_of(facts.input_shape)} "
        f"({_model(facts.model or {})}): {counted(more['parameters'], 'parameter')}, "
        f"{size(more['bytes'])} of weights in {more['dtype']}. {_GIVEN[facts.kind]}; a logit "
        f"for each of {classes} comes out."
    )
    one = f"test {facts.kind} of each class"
    yield f"![A {one}, with the model's answer]({PICTURE})"
    yield f"*The first {one} and what this model says, in green where right.*"
    yield "## Use it"
    yield _use(facts)
    yield "## How good it is"
    yield _table(facts)
    yield _of_numbers(facts)
    yield "## Data"
    yield "\n".join(_data(facts))
    yield "## Recipe"
    yield f"```\n{more['command']}\n```"
    yield "What the config says beyond the defaults; `config.yaml` says all:"
    yield f"```json\n{json.dumps(more['config'], indent=1)}\n```"
    versions = ", ".join(f"{key} {value}" for key, value in more["versions"].items())
    yield f"Config hash `{more['config_hash']}`, seed {more['seed']}; made with {versions}."
    yield "## Limits"
    yield "\n".join(_limits(facts))


def _model(model: dict[str, Any]) -> str:
    """The model in a few words: `family stacked, scan rows, cell gru, units 32`."""
    words = []
    for key in ("family", "scan", "scans", "cell", "units", "pooling"):
        if key in model:
            value = model[key]
            several = value if isinstance(value, list) else [value]
            words.append(
                f"{key} {' + '.join(v['name'] if isinstance(v, dict) else str(v) for v in several)}"
            )
    return ", ".join(words)


def _use(facts: Facts) -> str:
    name, shape = _ARGUMENT[facts.kind]
    return f"""```python
import seqvision

model = seqvision.load_model("hf://OWNER/NAME")  # or the folder that holds this file
{f"logits = model.predict_on_batch({name})":<49}# {shape}
```

`seqvision.json` holds the class names and all else that is needed; `model.weights.h5` holds numbers
only. Nothing here is code that is run. It takes `pip install 'seqvision[hub]'` to load it from the
hub, and `pip install seqvision` from a folder."""


def _table(facts: Facts) -> str:
    seeds, own = facts.more["seeds"], facts.more["own_metrics"]
    over = facts.more["metrics"]
    several = len(seeds) > 1
    title = f"mean of seeds {ranges(seeds)} | 95 % interval | " if several else ""
    lines = [
        f"| test metric | {title}these weights (seed {facts.more['seed']}) |",
        f"|---|{'---|---|' if several else ''}---|",
    ]
    shown = {
        "test_accuracy": ("accuracy", percent),
        "balanced_accuracy": ("balanced accuracy", percent),
        "macro_f1": ("macro F1", percent),
        "macro_auroc": ("macro AUROC", number),
        "test_loss": ("log-loss", number),
        "calibration_error": ("expected calibration error", percent),
        "calibration_error_at_temperature": ("… with the temperature", percent),
    }
    for key, (words, text) in shown.items():
        if key not in own or not math.isfinite(own[key]):  # Of one class there is no AUROC.
            continue
        cells = [words]
        if several:
            of = over.get(key, {})
            cells.append(text(of["mean"]) if "mean" in of else "–")
            known = of.get("low") is not None
            cells.append(f"{text(of['low'])} to {text(of['high'])}" if known else "–")
        lines.append(f"| {' | '.join([*cells, text(own[key])])} |")
    return "\n".join(lines)


def _of_numbers(facts: Facts) -> str:
    seeds = facts.more["seeds"]
    if len(seeds) > 1:
        chosen = (
            "The interval is Student's t over seeds. Of these seeds the one with the best "
            f"validation accuracy was taken; the test {facts.samples} decided nothing."
        )
    else:
        chosen = "One seed was trained, so there is no interval."
    if facts.temperature is None:
        return f"{chosen} No temperature was fitted: probabilities are as the model gives them."
    own = facts.more["own_metrics"]
    gain = own["calibration_error"] - own["calibration_error_at_temperature"]
    no_better = f" On the test {facts.samples} that made them no better." if gain <= 0 else ""
    return (
        f"{chosen} Probabilities are calibrated by dividing the logits by the temperature "
        f"{facts.temperature:g} before the softmax; it was fitted on the validation "
        f"{facts.samples} (Guo et al. 2017, arXiv 1706.04599).{no_better}"
    )


def _data(facts: Facts) -> Iterator[str]:
    dataset, names = facts.more["dataset"], facts.class_names or ()
    parts = [
        f"{count(dataset[key])} {key}" for key in ("train", "validation", "test") if key in dataset
    ]
    yield f"- {dataset['name']}: {', '.join(parts)} {facts.samples}"
    values = "pixels" if facts.kind == "image" else "values"
    yield f"- SHA-256 of its {values} and labels: `{dataset['checksum']}`"
    if parent := facts.more.get("parent"):
        of = f", trained on {parent['dataset']}" if parent.get("dataset") else ""
        yield f"- it began with weights of {parent['name']}{of} (SHA-256 `{parent['sha256']}`)"
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    yield f"- classes: {shown}"


def _limits(facts: Facts) -> Iterator[str]:
    name, samples = facts.more["dataset"]["name"], facts.samples
    of_same = (
        "size, prepared the same way"
        if facts.kind == "image"
        else ("features in the same order and units")
    )
    yield (
        f"- It knows {samples} like those of {name} and no others: of the same {of_same}. It gives "
        f"one of its classes to any {facts.kind}, a wrong one too."
    )
    yield f"- How it does on other people's {samples} was not measured."
    if rounding := facts.more.get("rounding"):
        yield (
            f"- Its weights are rounded to {rounding['fraction']} bits of fraction; on the test "
            f"{samples} no logit moved by more than {number(rounding['apart'])}, and as many were "
            "right."
        )
    if len(facts.more["seeds"]) == 1:
        yield "- How much another seed would differ is not known."
