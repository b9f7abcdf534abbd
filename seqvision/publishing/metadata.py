"""What the Hugging Face hub reads at the top of a model card: task, licence, data and metrics.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

import io
from collections.abc import Iterator
from typing import Any

from seqvision.formatting import counted
from seqvision.presets.facts import Facts

_ON_HUB = {
    "mnist": "ylecun/mnist",
    "fashion_mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
}
"""Datasets by the hub's own names."""
_TASKS = {"image": "image-classification", "series": "time-series-classification"}
_PIPELINES = {"image": "image-classification"}
"""The tasks among these for which the hub has a page; it refuses others as such."""


def metadata(facts: Facts) -> str:
    """The metadata of a model card, in YAML, from the facts of published weights."""
    from ruamel.yaml import YAML

    more, name = facts.more, f"{facts.more['name']}.{facts.more['tag']}"
    dataset = str(more["dataset"]["name"])
    on_hub = {"name": dataset, "type": _ON_HUB.get(dataset, dataset)}
    values: dict[str, Any] = {
        "library_name": "keras",
        **({"pipeline_tag": _PIPELINES[facts.kind]} if facts.kind in _PIPELINES else {}),
        **({"license": more["licence"]} if more.get("licence") else {}),
        "tags": ["seqvision", "keras", "sequence-classification"],
        **({"datasets": [_ON_HUB[dataset]]} if dataset in _ON_HUB else {}),
        "metrics": ["accuracy"],
        "model-index": [
            {
                "name": name,
                "results": [
                    {
                        "task": {"type": _TASKS[facts.kind]},
                        "dataset": {**on_hub, "split": "test"},
                        "metrics": list(_metrics(facts)),
                    }
                ],
            }
        ],
    }
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.dump(values, text)
    return text.getvalue()


def _metrics(facts: Facts) -> Iterator[dict[str, Any]]:
    seeds, own = facts.more["seeds"], facts.more["own_metrics"]
    of_hub = {"accuracy": "test_accuracy", "f1": "macro_f1"}
    for kind, key in of_hub.items():
        over = facts.more["metrics"].get(key, {})
        if over.get("low") is not None:
            yield {
                "type": kind,
                "value": over["mean"],
                "name": f"{key}, mean of {counted(len(seeds), 'seed')}",
                "args": {"interval_95": [over["low"], over["high"]], "seeds": list(seeds)},
            }
        yield {
            "type": kind,
            "value": own[key],
            "name": f"{key} of these weights, seed {facts.more['seed']}",
        }
