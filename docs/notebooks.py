"""Renders pages as notebooks: `python docs/notebooks.py docs/guides/tune.md -o tune.ipynb`.

Examples become cells, commands `!seqvision …`, configs with a name files that a cell writes; all
else is text. The code is the page's, which tests/test_guides.py tries.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n?", re.DOTALL | re.MULTILINE)


def notebook(text: str) -> dict[str, Any]:
    """A page of Markdown as a notebook, in the format 4.5 of Jupyter."""
    cells, place = [], 0
    for match in _BLOCK.finditer(text):
        code = _code(match[1], match[2])
        if code is None:
            continue  # It stays in the text.
        cells += [_cell("markdown", text[place : match.start()]), _cell("code", code)]
        place = match.end()
    cells.append(_cell("markdown", text[place:]))
    cells = [cell for cell in cells if cell["source"]]
    numbered = [{**cell, "id": f"cell-{n}"} for n, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _code(language: str, block: str) -> str | None:
    """The code of a block; None if it is to be read only."""
    if language == "python":
        return block
    if language == "bash":
        return re.sub(r"^(?=\w)", "!", block, flags=re.MULTILINE)
    if language == "yaml" and (title := re.match(r"# (\S+\.yaml)\n", block)):
        return f"%%writefile {title[1]}\n{block}"
    return None


def _cell(kind: str, source: str) -> dict[str, Any]:
    more: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source.strip(), **more}


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Render a page as a notebook.")
    arguments.add_argument("page", type=Path)
    arguments.add_argument("-o", "--output", type=Path, required=True)
    given = arguments.parse_args()
    made = notebook(given.page.read_text(encoding="utf-8"))
    given.output.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
