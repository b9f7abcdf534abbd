"""docs/series.md: all that it tells a person to type works, in its order and in an empty folder."""

import json
import re

import pytest
from reader import ROOT, blocks, reading
from ruamel.yaml import YAML

from seqvision.config import load_config

PAGE = ROOT / "docs" / "series.md"

pytestmark = pytest.mark.slow


@pytest.mark.tensorflow
def test_the_page_does_what_it_says(tmp_path, performed_here, capsys):
    with reading(tmp_path, performed_here) as reader:
        reader.read(PAGE)
    record = json.loads(next(tmp_path.glob("results/machines/*/record.json")).read_text())
    assert record["metrics"]["test_accuracy"] > 0.8  # It is worth the reading.
    assert (tmp_path / "report.html").stat().st_size > 10_000
    out = capsys.readouterr().out
    assert "mean rank" in out and "run0" in out


def test_each_file_that_it_shows_is_read(tmp_path, monkeypatch):
    """Each text is a file; of tables a copy of each series is added, to be tested with."""
    from seqvision.data import load

    monkeypatch.chdir(tmp_path)
    long, wide, ts = (block for _, block in blocks(PAGE, "text"))
    again = "".join(line.replace(",", "2,", 1) + "\n" for line in long.splitlines()[1:])
    (tmp_path / "long.csv").write_text(long + again)
    (tmp_path / "wide.csv").write_text(wide + "".join(wide.splitlines(keepends=True)[1:]))
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"x_{part}.ts").write_text(ts)
    shapes = {}
    for spec in (
        {"name": "csv", "path": "long.csv", "test": 0.5},
        {"name": "csv", "path": "wide.csv", "test": 0.5},
        {"name": "ts", "path": "x_TRAIN.ts"},
    ):
        dataset = load(spec)
        shapes[spec["path"]] = dataset.input_shape
        assert set(dataset.class_names) == {"walk", "run"}
    assert shapes == {"long.csv": (None, 2), "wide.csv": (None, 1), "x_TRAIN.ts": (None, 2)}


def test_the_options_that_it_names_are_options():
    model = {"family": "stacked", "units": [4]}
    for row in re.findall(r"^\| `(\w+): (\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        given = {"name": "series", "max_steps": 9, row[0]: YAML(typ="safe").load(row[1])}
        data = {"dataset": "digit-outlines"}
        assert load_config({"name": "x", "data": data, "model": {**model, "input": given}})
