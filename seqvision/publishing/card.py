"""The model card of published weights: Markdown with the Hugging Face hub's metadata.

https://huggingface.co/docs/hub/model-cards
"""

import json
from collections.abc import Iterator
from typing import Any

from seqvision.formatting import count, counted, number, percent, ranges, size
from seqvision.presets.facts import Facts
from seqvision.publishing.metadata import metadata

PICTURE = "picture.png"

_MOST_NAMES = 20


def card(facts: Facts) -> str:
    """The card's text.

    Args:
        facts: of published weights.
    """
    return f"---\n{metadata(facts)}---\n\n" + "\n\n".join(_parts(facts)) + "\n"


def _parts(facts: Facts) -> Iterator[str]:
    more = facts.more
    yield f"# {more['name']}, trained on {more['dataset']['name']}"
    shape = "×".join(map(str, facts.input_shape))
    classes = counted(len(facts.class_names or ()), "class")
    yield (
        f"A sequence classifier of the Keras 3 package seqvision, for images of {shape} "
        f"({_model(facts.model or {})}): {counted(more['parameters'], 'parameter')}, "
        f"{size(more['bytes'])} of weights in {more['dtype']}. Raw pixels go in, 0 to 255; a logit "
        f"for each of {classes} comes out."
    )
    yield f"![A test image of each class, with the model's answer]({PICTURE})"
    yield "*The first test image of each class and what this model says, in green where right.*"
    yield "## Use it"
    yield _use()
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


def _use() -> str:
    return """```python
import seqvision

model = seqvision.load_model("hf://OWNER/NAME")  # or the folder that holds this file
logits = model.predict_on_batch(images)          # (batch, height, width[, channels]), 0..255
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
        "macro_f1": ("macro F1", percent),
        "test_loss": ("loss", number),
        "calibration_error": ("expected calibration error", percent),
        "calibration_error_at_temperature": ("… with the temperature", percent),
    }
    for key, (words, text) in shown.items():
        if key not in own:
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
            "validation accuracy was taken; the test images decided nothing."
        )
    else:
        chosen = "One seed was trained, so there is no interval."
    if facts.temperature is None:
        return f"{chosen} No temperature was fitted: probabilities are as the model gives them."
    own = facts.more["own_metrics"]
    gain = own["calibration_error"] - own["calibration_error_at_temperature"]
    no_better = " On the test images that made them no better." if gain <= 0 else ""
    return (
        f"{chosen} Probabilities are calibrated by dividing the logits by the temperature "
        f"{facts.temperature:g} before the softmax; it was fitted on the validation images "
        f"(Guo et al. 2017, arXiv 1706.04599).{no_better}"
    )


def _data(facts: Facts) -> Iterator[str]:
    dataset, names = facts.more["dataset"], facts.class_names or ()
    parts = [
        f"{count(dataset[key])} {key}" for key in ("train", "validation", "test") if key in dataset
    ]
    yield f"- {dataset['name']}: {', '.join(parts)} images"
    yield f"- SHA-256 of its pixels and labels: `{dataset['checksum']}`"
    if parent := facts.more.get("parent"):
        of = f", trained on {parent['dataset']}" if parent.get("dataset") else ""
        yield f"- it began with weights of {parent['name']}{of} (SHA-256 `{parent['sha256']}`)"
    shown = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    yield f"- classes: {shown}"


def _limits(facts: Facts) -> Iterator[str]:
    name = facts.more["dataset"]["name"]
    yield (
        f"- It knows images like those of {name} and no others: of the same size, prepared the "
        "same way. It gives one of its classes to any image, a wrong one too."
    )
    yield "- How it does on other people's images was not measured."
    if rounding := facts.more.get("rounding"):
        yield (
            f"- Its weights are rounded to {rounding['fraction']} bits of fraction; on the test "
            f"images no logit moved by more than {number(rounding['apart'])}, and as many were "
            "right."
        )
    if len(facts.more["seeds"]) == 1:
        yield "- How much another seed would differ is not known."
