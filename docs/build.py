"""Builds the site, site/: `python docs/build.py`, after `pip install -e '.[docs]'`.

Its pages lie in three folders of the repository, and link to each other as they do there. They are
put side by side, in their places, into build/pages, of which Zensical makes the site; in strict
mode, in which a link that leads nowhere is an error. Nothing is downloaded, and of the package only
what reads results is imported: the report of the zoo's published runs is a page too.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**/*.md", "results/*.md")
FIGURES = ("docs/**/*.svg", "docs/**/*.png", "results/*.svg")


def put_together(folder: Path) -> None:
    """Copy all that the site shows into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in (*PAGES, *FIGURES):
        for file in ROOT.glob(pattern):
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)


def write_report(file: Path) -> None:
    """Write the interactive report of the zoo's published runs."""
    command = [sys.executable, "-m", "seqvision.cli", "report", "results/published/zoo", "-o"]
    # Published runs come without the answers to single images, of which the command would warn.
    subprocess.run([*command, str(file)], cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    put_together(ROOT / "build" / "pages")
    write_report(ROOT / "build" / "pages" / "results" / "report.html")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)
