"""docs/tracking.md says what is registered, and its logger is one."""

import json
import re
from pathlib import Path

import pytest
from logged_runs import CONFIG, curves

import seqvision
from seqvision.loggers import LOGGERS

PAGE = (Path(__file__).parents[2] / "docs" / "tracking.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_every_logger_has_its_options_on_the_page(name):
    (options,) = re.findall(rf"^\| `{name}` \|[^|]*\|([^|]*)\|", PAGE, re.M)
    assert re.findall(r"`(\w+)`", options) == [p.name for p in LOGGERS.entry(name).parameters]


def test_the_logger_of_the_page_logs(tmp_path, monkeypatch):
    monkeypatch.setattr(LOGGERS, "_imported", dict(LOGGERS._imported))
    (code,) = (b for b in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "class Lines" in b)
    exec(code, {"__name__": "docs"})
    record = seqvision.run(CONFIG, seed=0, results=tmp_path, loggers=["lines"])
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    losses = [(step, v["train/loss"]) for _, step, v in lines if "train/loss" in v]
    assert losses == curves(record.folder)["train/loss"]
