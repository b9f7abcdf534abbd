"""The release checklist, which says all that stands against a release and uploads nothing.

    python scripts/release.py --dry-run    # what takes no time
    python scripts/release.py              # that, the tests, a source archive and a wheel

Needs `.venv-test`, made by the README's second command, and `pip install --group release`. When
nothing stands against it: `git tag v0.1.0 && git push --tags`, and .github/workflows/release.yml
builds the wheels of all platforms and publishes them.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-test" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dry-run", action="store_true", help="only what takes no time")
    parser.add_argument("--tag", help="the tag that is to be released, such as v0.1.0")
    options = parser.parse_args(arguments)
    faults = [*unclean(), *other_versions(options.tag)]
    if not options.dry_run and not faults:
        faults = list(failures())
    for fault in faults:
        print(f"- {fault}", file=sys.stderr)
    print(f"seqvision {version()}:", f"{len(faults)} against it" if faults else "ready")
    return 1 if faults else 0


def version() -> str:
    """The one that the package is built with."""
    return _found(r'^__version__ = "(.+)"$', "seqvision/__init__.py")


def unclean() -> Iterator[str]:
    """Files that differ from what is committed."""
    status = ["git", "status", "--porcelain"]
    for line in subprocess.check_output(status, cwd=ROOT, text=True).splitlines():
        yield f"not committed: {line[3:]}"


def other_versions(tag: str | None = None) -> Iterator[str]:
    """Places that say another version than the package, or that there is none yet."""
    if (cited := _found(r"^version: (.+)$", "CITATION.cff")) != version():
        yield f"CITATION.cff is of {cited}"
    top, _, when = _found(r"^## (.+)$", "CHANGELOG.md").partition(", ")
    if top != version():
        yield f"CHANGELOG.md begins with {top}"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", when):
        yield f"CHANGELOG.md has no date for {top}, but {when!r}"
    if tag is not None and tag != f"v{version()}":
        yield f"the tag is {tag}"


def failures() -> Iterator[str]:
    """What fails of the steps that take their time; the first ends them."""
    with tempfile.TemporaryDirectory() as folder:
        steps = {
            "the index": [PYTHON, "-m", "seqvision.cli", "index"],
            "the tests": ["bash", ".ci/run"],
            "those that it leaves out": [
                *(ROOT / ".venv-test/bin/python", "-m", "pytest", "-m", "slow or exhaustive")
            ],
            "the build": [sys.executable, "-m", "build", "--outdir", folder],
        }
        for name, command in steps.items():
            print(f"== {name}", flush=True)
            if subprocess.run(list(map(str, command)), cwd=ROOT).returncode:
                yield f"{name}: failed"
                return
            if changed := list(unclean()):
                yield from (f"{name}: {line}" for line in changed)
                return
        built = sorted(map(str, Path(folder).iterdir()))
        print(*built, sep="\n")
        if subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *built]).returncode:
            yield "twine finds fault with what was built"


def _found(pattern: str, file: str) -> str:
    match = re.search(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE)
    if not match:
        raise SystemExit(f"{file}: no line like {pattern}")
    return match.group(1)


if __name__ == "__main__":
    sys.exit(main())
