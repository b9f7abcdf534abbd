"""A page rendered as a notebook does what the page's reader does, and loses no word of it."""

import importlib.util
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
