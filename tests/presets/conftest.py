"""A manifest of two trained models, in no place but where a test puts them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from seqvision.config import load_config
from seqvision.presets import manifest as manifest_module
from seqvision.presets import places
from seqvision.presets.checksum import sha256
from seqvision.presets.facts import NAME, Facts


@dataclass(frozen=True)
class Made:
    """Weights of the zoo's `tiny` for three classes of small images, and what they answer to
    NumPy's random images of seed 0.
    """

    folder: Path
    facts: Facts
    logits: np.ndarray


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from seqvision.families.build import build_family

    folder = tmp_path_factory.mktemp("made")
    section = load_config("tiny").model
    model = build_family(section, (8, 7), 3)
    for weight in model.weights:  # Random biases too.
        weight.assign(np.random.default_rng(len(weight.shape)).normal(0, 0.3, weight.shape))
    file = folder / "model.weights.h5"
    model.save_weights(file)
    more = {"name": "tiny", "tag": "shapes", "file": file.name, "bytes": file.stat().st_size}
    more |= {"sha256": sha256(file), "urls": []}
    facts = Facts((8, 7), ("disc", "ring", "star"), model=section, more=more)
    (folder / NAME).write_text(json.dumps(facts.to_json()))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 7)).astype("float32")
    return Made(folder, facts, np.asarray(model(images)))


@pytest.fixture
def listed(made, monkeypatch, tmp_path):
    """Facts of `tiny:shapes`, listed; `list_it(urls)` lists them with addresses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(places, "PLACES", {"package": tmp_path / "package"})
    monkeypatch.setattr(manifest_module, "MANIFEST", tmp_path / "manifest.jsonl")
    (tmp_path / "package").mkdir()

    def list_it(*urls):
        more = {**made.facts.more, "file": "tiny.shapes.weights.h5", "urls": list(urls)}
        facts = replace(made.facts, more=more)
        others = [{**facts.to_json(), "tag": "stars"}, {**facts.to_json(), "name": "gru1"}]
        lines = [json.dumps(each) for each in [facts.to_json(), *others]]
        manifest_module.MANIFEST.write_text("\n".join(lines) + "\n")
        return facts

    list_it()
    return list_it
