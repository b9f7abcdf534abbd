"""The page of scans says what is registered, its pictures are those of `show`, its example runs."""

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from seqvision.cli.show import _picture
from seqvision.config import load_config
from seqvision.options import type_of
from seqvision.scans import SCANS
from seqvision.scans.base import reading_order

PAGE = (Path(__file__).parent.parent / "docs" / "scans.md").read_text(encoding="utf-8")
ROWS = {
    row[0].strip("`"): row[1:] for row in re.findall(r"^\| (`.*?`) \| (.*?) \| (.*)$", PAGE, re.M)
}


@pytest.mark.parametrize("name", SCANS.names())
def test_every_scan_is_on_the_page(name):
    entry = SCANS.entry(name)
    steps, rest = ROWS[name]
    assert steps == entry.card["steps"]
    said = inspect.getdoc(SCANS.get(name)) or ""
    for number in re.findall(r"\[(\d{4}\.\d{5})\]\(https://arxiv.org/abs/\1\)", rest):
        assert number in said, f"{number} is not in the docstring of {name}"


def test_every_permutation_is_on_the_page_with_the_papers_of_the_docstring():
    (by,) = (p for p in SCANS.entry("permuted").parameters if p.name == "by")
    said = inspect.getdoc(SCANS.get("permuted")) or ""
    for name in get_args(type_of(by)):
        numbers = re.findall(r"\[(\d{4}\.\d{5})\]", ROWS[name][1])
        assert f"`{name}`" in said and all(number in said for number in numbers)


def test_the_pictures_are_those_of_show():
    """Three side by side; if this fails, the page wants what the message shows."""
    pictures = []
    for name in SCANS.names():
        options = {"size": 4} if name == "windows" else {}
        picture, _ = _picture(reading_order(SCANS.get(name)(**options), 8, 8).tolist())
        title = ", ".join([name, *(f"{key}: {value}" for key, value in options.items())])
        pictures.append([title, *(line[4:-2] for line in picture.splitlines())])
    blocks = []
    for first in range(0, len(pictures), 3):
        lines = zip(*pictures[first : first + 3], strict=True)
        text = "\n".join("     ".join(f"{part:<23}" for part in line).rstrip() for line in lines)
        blocks.append(f"```text\n{text}\n```\n")
    wanted = "\n".join(blocks)
    assert PAGE.endswith(wanted), f"docs/scans.md has to end with\n{wanted}"


def test_the_models_it_names_read_so():
    cross, permuted = load_config("cross_scan").model, load_config("permuted_gru").model
    assert "`cross_scan`" in PAGE and [scan["name"] for scan in cross["scans"]] == ["patches"] * 4
    assert "`permuted_gru`" in PAGE and permuted["scan"] == {"name": "permuted", "by": "urnn"}
