"""The release checklist, which also holds the version to one."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

import seqvision

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def release():
    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_version(release):
    assert release.version() == seqvision.__version__
    said = list(release.other_versions(f"v{seqvision.__version__}"))
    assert [fault for fault in said if "no date" not in fault] == []


def test_the_checklist_finds_another_version(release, tmp_path, monkeypatch, capsys):
    """In a repository of its own, first right, then wrong in each place."""
    (tmp_path / "seqvision").mkdir()
    right = {
        "seqvision/__init__.py": '__version__ = "1.2.0"\n',
        "CITATION.cff": "cff-version: 1.2.0\nversion: 1.2.0\n",
        "CHANGELOG.md": "# Changes\n\n## 1.2.0, 2026-01-31\n\n- All.\n\n## 1.1.0, 2025-01-31\n",
    }
    for name, text in right.items():
        (tmp_path / name).write_text(text, "utf-8")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(tmp_path)]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    assert release.main(["--dry-run", "--tag", "v1.2.0"]) == 0
    capsys.readouterr()
    for name, (old, new) in {
        "CITATION.cff": ("\nversion: 1.2.0", "\nversion: 1.1.0"),
        "CHANGELOG.md": ("1.2.0, 2026-01-31", "1.3.0, unreleased"),
    }.items():
        (tmp_path / name).write_text(right[name].replace(old, new), "utf-8")
    assert release.main(["--dry-run", "--tag", "v1.2.1"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "- not committed: CHANGELOG.md",
        "- not committed: CITATION.cff",
        "- CITATION.cff is of 1.1.0",
        "- CHANGELOG.md begins with 1.3.0",
        "- CHANGELOG.md has no date for 1.3.0, but 'unreleased'",
        "- the tag is v1.2.1",
    ]
