"""The site's navigation, and its pages that are written by scripts. .ci/run builds the site."""

import importlib.util
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from seqvision.registry import as_elsewhere

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "results/*.md")


def paths_of(nav):
    """The pages of a navigation, whatever sections they are in."""
    for entry in nav:
        (value,) = entry.values() if isinstance(entry, dict) else [entry]
        yield from paths_of(value) if isinstance(value, list) else [value]


def test_each_page_is_in_the_navigation_once():
    config = YAML(typ="safe").load(ROOT / "mkdocs.yml")
    there = {path.relative_to(ROOT).as_posix() for pattern in PAGES for path in ROOT.glob(pattern)}
    of_models = {page for page in there if page.startswith("docs/zoo/")}  # In the zoo's table.
    made = {"docs/zoo/index.md", "results/report.html"}
    assert sorted(paths_of(config["nav"])) == sorted(there - of_models | made)


@pytest.mark.parametrize("script", ["reference", "zoo"])
def test_the_pages_that_a_script_writes_are_of_today(script):
    """No public name and no option of a command is missing on the site."""
    spec = importlib.util.spec_from_file_location(script, ROOT / "docs" / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with as_elsewhere():
        pages = module.pages()
    written = {path.stem: path.read_text(encoding="utf-8") for path in module.FOLDER.glob("*.md")}
    for name in {*pages, *written}:
        found, made = (_any_help(each.get(name)) for each in (written, pages))
        assert found == made, f"python docs/{script}.py writes {name} anew"


def _any_help(text):
    """Without `-h`: click keeps what a command's option is from whoever asked for it first."""
    return text and re.sub(r"^ +(-h, )?--help +", "  --help  ", text, flags=re.MULTILINE)
