"""What a record says of a run, except for how good its model is."""

from typing import Any

import numpy as np

from seqvision.data.background import background_of
from seqvision.data.series import Series
from seqvision.runs.environment import environment
from seqvision.runs.flops import flops_per_image
from seqvision.runs.record import run_id
from seqvision.runs.setup import Setup
from seqvision.runs.state import State
from seqvision.specs import name_and_options


def describe(setup: Setup, state: State) -> dict[str, Any]:
    """The record of a trained run, without the metrics of its model."""
    config, dataset = setup.config, setup.dataset
    samples = setup.training.samples
    series = samples if isinstance(samples, Series) else None
    steps = round(series.lengths.mean()) if series else 1
    steady = state.steady_images / state.steady_seconds if state.steady_seconds else None
    return {
        "run_id": run_id(config, setup.seed),
        "name": config.name,
        "seed": setup.seed,
        "status": "finished",
        "config_hash": config.hash,
        "config": config.resolved(),
        "dataset": {
            "name": dataset.name,
            "kind": dataset.kind,
            "asked_for": name_and_options(config.data.dataset)[0],
            "source": dataset.source,
            "checksum": dataset.checksum,
            **config.data.resampling.described(),
            **({"drawn_from": dataset.drawn_from} if dataset.drawn_from else {}),
            "files": setup.files,
            "scale": dataset.scale,
            "notes": [*dataset.notes, *setup.notes],
            "train": len(setup.training),
            "validation": len(setup.validation),
            "test": len(setup.test),
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
            **({"features": list(dataset.features)} if dataset.features else {}),
            **(
                _of_series(setup)
                if series
                else {"background": background_of(setup.training.images)}
            ),
        },
        "metrics": {
            "epochs": state.epochs,
            "best_epoch": state.best_epoch or state.epochs,
            "stopped": state.stopped,
        },
        "timing": {
            "train_seconds": state.seconds,
            "train_images_per_second": steady,
            "steps_per_execution": setup.model.steps_per_execution,
        },
        "model": {
            "parameters": setup.model.count_params(),
            "flops_per_image": flops_per_image(setup.model, steps),
            **({"parent": setup.stages.parent} if setup.stages.parent else {}),
        },
        "environment": environment(setup.threads, config.train.deterministic),
        **({"callbacks": state.callbacks} if state.callbacks else {}),
    }


def _of_series(setup: Setup) -> dict[str, Any]:
    """The steps of the shortest, the middle and the longest of all series; how many were cut."""
    dataset = setup.dataset
    lengths = np.concatenate([part.series.lengths for part in dataset.parts.values()])
    low, middle, high = np.quantile(lengths, [0, 0.5, 1], method="lower")
    steps = {"min": int(low), "median": int(middle), "max": int(high)}
    return {"steps": steps, **({"cut": setup.cut.described(dataset)} if setup.cut.steps else {})}
