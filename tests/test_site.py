"""The site's navigation. .ci/run builds the site."""

from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "results/*.md")


def paths_of(nav):
    """The pages of a navigation, whatever sections they are in."""
    for entry in nav:
        (value,) = entry.values() if isinstance(entry, dict) else [entry]
        yield from paths_of(value) if isinstance(value, list) else [value]


def test_each_page_is_in_the_navigation_once():
    config = YAML(typ="safe").load(ROOT / "mkdocs.yml")
    there = [path.relative_to(ROOT).as_posix() for pattern in PAGES for path in ROOT.glob(pattern)]
    assert sorted(paths_of(config["nav"])) == sorted(there)
