"""A page rendered as a notebook does what the page's reader does, and loses no word of it."""

import importlib.util
import json
import re

import pytest
from reader import ROOT, blocks, commands

SPEC = importlib.util.spec_from_file_location("notebooks", ROOT / "docs" / "notebooks.py")
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))


@pytest.fixture(scope="module")
def notebooks():
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_its_code_is_the_pages_in_its_order(notebooks, page):
    made = notebooks.notebook(page.read_text(encoding="utf-8"))
    code = [cell["source"] for cell in made["cells"] if cell["cell_type"] == "code"]
    expected = []
    for language, block in blocks(page):
        title = re.match(r"# (\S+\.yaml)\n", block)
        if language == "python":
            expected.append(block.strip())
        elif language == "bash":
            assert all(f"!{line.split()[0]}" in "".join(code) for line in commands(block))
            expected.append("\n".join(f"!{line}" for line in block.splitlines() if line))
        elif language == "yaml" and title:
            expected.append(f"%%writefile {title[1]}\n{block.strip()}")
    assert code == expected
    words = "".join(cell["source"] for cell in made["cells"]).replace("!", "")
    for word in page.read_text(encoding="utf-8").split():
        assert word.startswith("```") or word.replace("!", "") in words
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])


STOPPED = """
import os, signal
class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)  # As the stop button does.
seqvision.run("tiny", seed=7, callbacks=[Stop()])
"""
MANY = 'seqvision.run(["tiny", "tiny_lstm"], seeds=[7], jobs=2, overrides=["train.epochs=1"]);'


@pytest.fixture(scope="module")
def executed(notebooks, tmp_path_factory):
    """The guide to notebooks as a kernel executes it, with some cells more: source and outputs."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    page = ROOT / "docs" / "guides" / "notebook.md"
    made = nbformat.from_dict(notebooks.notebook(page.read_text(encoding="utf-8")))
    made.cells = [cell for cell in made.cells if "docs/notebooks.py" not in cell.source]
    made.cells += map(nbformat.v4.new_code_cell, [STOPPED, 'seqvision.run("tiny", seed=7);', MANY])
    made.cells[-3].metadata["tags"] = ["raises-exception"]
    place = {"metadata": {"path": tmp_path_factory.mktemp("notebook")}}
    nbclient.NotebookClient(made, timeout=300, resources=place).execute()
    cells = [cell for cell in made.cells if cell.cell_type == "code"]
    return {cell.source.strip(): json.dumps(cell.outputs, ensure_ascii=False) for cell in cells}


def _outputs(executed, source):
    (found,) = [outputs for cell, outputs in executed.items() if source.strip() in cell]
    return found


@pytest.mark.slow
def test_a_notebook_draws_tables_with_intervals_and_charts(executed):
    table = _outputs(executed, "seqvision.compare(records)")
    assert "text/html" in table and "± 95 %" in table and "tiny" in table
    assert "altair-viz" in _outputs(executed, "learning_curves(")


@pytest.mark.slow
@pytest.mark.parametrize("source", ['record = seqvision.run("tiny", seed=0)', MANY])
def test_a_notebook_draws_bars(executed, source):
    said = _outputs(executed, source)
    assert "application/vnd.jupyter.widget-view+json" in said, said


@pytest.mark.slow
def test_a_cell_that_was_stopped_goes_on(executed):
    assert "KeyboardInterrupt" in _outputs(executed, STOPPED)
    assert "goes on after step" in _outputs(executed, 'seqvision.run("tiny", seed=7);')
