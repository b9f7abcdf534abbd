"""The template of a plug-in can be installed, and the guide shows its own lines."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest
from reader import ROOT, blocks

TEMPLATE = ROOT / "plugin_template"
GUIDE = ROOT / "docs" / "guides" / "plugin.md"


def test_the_guide_shows_what_is_there():
    ((_, toml),) = blocks(GUIDE, "toml")
    assert toml in (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")
    ((_, listed),) = blocks(GUIDE, "text")
    files = [line.strip() for line in listed.splitlines()[1:]]
    assert files and all((TEMPLATE / file).is_file() for file in files)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("hatchling") is None, reason="hatchling is absent")
def test_it_is_installed_and_passes_its_own_tests(tmp_path):
    """They find the cell by its name, which a config could say."""
    shutil.copytree(TEMPLATE, tmp_path / "template")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    pip += ["--no-build-isolation", "--target", site, tmp_path / "template"]
    subprocess.run(pip, check=True)
    path = os.pathsep.join([str(site), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests"],
        cwd=tmp_path / "template",
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
