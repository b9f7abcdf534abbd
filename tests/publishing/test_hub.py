"""The hub: what is uploaded, what is downloaded, and what it says when it cannot be."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from seqvision.errors import SeqvisionError
from seqvision.presets.find import find_trained
from seqvision.publishing.push import push

pytest.importorskip("huggingface_hub")

WEIGHTS = b"\x89HDF\r\n\x1a\n and numbers"
FACTS = {
    "input_shape": [8, 7],
    "class_names": ["disc", "ring"],
    "name": "tiny",
    "tag": "shapes",
    "file": "model.weights.h5",
    "bytes": len(WEIGHTS),
    "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
}
CARD = "---\nlibrary_name: keras\n---\n\n# tiny\n"


@pytest.fixture
def folder(tmp_path):
    """A folder of published weights, with a file that is none of its own."""
    folder = tmp_path / "tiny.shapes"
    folder.mkdir()
    (folder / "model.weights.h5").write_bytes(WEIGHTS)
    (folder / "seqvision.json").write_text(json.dumps(FACTS))
    (folder / "README.md").write_text(CARD)
    (folder / "secret.txt").write_text("not for others")
    return folder


@pytest.fixture
def python(hub, tmp_path):
    """Run code that talks to the stand-in: huggingface_hub reads its settings when imported."""

    def run(code, *arguments, **environment):
        own = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": "a token"}
        own |= {"NO_PROXY": "127.0.0.1", "SEQVISION_OFFLINE": "", "HF_HUB_OFFLINE": "0"}
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, **own, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
        )
        return done.returncode, done.stdout, done.stderr

    return run


CLI = "from seqvision.cli import main; main()"
FIND = """
import json, sys
from seqvision.errors import SeqvisionError
from seqvision.presets.find import find_trained
for address in sys.argv[1:]:
    try:
        found = find_trained(address)
    except SeqvisionError as error:
        print(json.dumps({"error": str(error)}))
    else:
        said = {"file": str(found.file), "classes": found.facts.class_names}
        print(json.dumps(said))
assert not {"keras", "tensorflow"} & set(sys.modules)
"""


def told(said):
    code, out, err = said
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_what_is_pushed_is_what_belongs_to_it_and_comes_back(hub, folder, python, tmp_path):
    code, out, err = python(CLI, "push", folder, "me/tiny-shapes", "--private")
    assert code == 0, err
    assert f"uploaded to {hub.address}/me/tiny-shapes" in out
    assert hub.private == {"me/tiny-shapes": True}
    uploaded = hub.files["me/tiny-shapes"]
    assert uploaded.keys() == {"seqvision.json", "model.weights.h5", "README.md"}
    assert uploaded["model.weights.h5"] == WEIGHTS

    uploaded["modeling.py"] = b"raise SystemExit"
    hub.asked.clear()
    found = told(python(FIND, "hf://me/tiny-shapes", "hf://me/tiny-shapes@v1"))
    for each in found:
        assert each["classes"] == ["disc", "ring"]
        with open(each["file"], "rb") as file:  # noqa: PTH123
            assert file.read() == WEIGHTS
    wanted = {path.rpartition("/")[2] for _, path in hub.asked}
    assert wanted == {"seqvision.json", "model.weights.h5"}
    assert len([1 for verb, _ in hub.asked if verb == "GET"]) == 2  # Each file once.

    hub.asked.clear()
    for name in ("SEQVISION_OFFLINE", "HF_HUB_OFFLINE"):
        there, other = told(python(FIND, "hf://me/tiny-shapes", "hf://me/other", **{name: "1"}))
        assert there["file"] == found[0]["file"] and "is not to be had" in other["error"]
    assert hub.asked == []


def test_what_the_hub_has_not_or_has_otherwise_is_told_in_a_line(hub, python):
    hub.files["me/damaged"] = {
        "seqvision.json": json.dumps(FACTS).encode(),
        "model.weights.h5": WEIGHTS[:-1],
    }
    hub.files["me/foreign"] = {"config.json": b"{}"}
    hub.files["me/garbled"] = {"seqvision.json": b"{"}
    names = {**FACTS, "file": "../../secret.weights.h5"}
    hub.files["me/elsewhere"] = {"seqvision.json": json.dumps(names).encode()}
    expected = {
        "hf://me/damaged": "is not the file that is meant, or is damaged",
        "hf://me/foreign": "hf://me/foreign: seqvision.json is not to be had: ",
        "hf://me/garbled": "its seqvision.json cannot be read",
        "hf://me/elsewhere": "names '../../secret.weights.h5', which is no file of weights",
        "hf://me/damaged@other": "hf://me/damaged@other: seqvision.json is not to be had: ",
        "hf://me/none": "hf://me/none: seqvision.json is not to be had: ",
    }
    for said, message in zip(told(python(FIND, *expected)), expected.values(), strict=True):
        assert message in said["error"] and "\n" not in said["error"]


@pytest.mark.parametrize("address", ["hf://me", "hf://", "hf://me/a/b", "hf://me/../a"])
def test_what_is_no_address(address):
    with pytest.raises(SeqvisionError, match="expected hf://owner/name or hf://owner/name@rev"):
        find_trained(address)


def test_a_hub_that_refuses(hub, folder, python):
    code, _, err = python(CLI, "push", folder, "me/tiny", HF_TOKEN="another")
    assert code == 2 and err.splitlines()[-1].startswith("error: push: me/tiny: ")
    assert "401" in err.splitlines()[-1]
    code, _, err = python(CLI, "push", folder, "me/tiny", SEQVISION_OFFLINE="1")
    assert (code, err.splitlines()[-1]) == (2, "error: push: SEQVISION_OFFLINE is set")
    assert hub.files == {}


def test_a_dry_run_uploads_nothing(folder):
    planned = push(folder, "me/tiny", dry_run=True)
    assert planned.address is None
    assert planned.files == {
        "seqvision.json": (folder / "seqvision.json").stat().st_size,
        "model.weights.h5": len(WEIGHTS),
        "README.md": len(CARD),
    }


@pytest.mark.parametrize(
    ("damage", "repository", "message"),
    [
        (None, "tiny", "tiny: expected owner/name"),
        ("seqvision.json", "me/tiny", "holds no seqvision.json; name a folder that"),
        ("README.md", "me/tiny", "lacks README.md"),
        ("model.weights.h5", "me/tiny", "lacks model.weights.h5"),
    ],
)
def test_a_folder_that_is_none(damage, repository, message, folder):
    if damage:
        (folder / damage).unlink()
    with pytest.raises(SeqvisionError, match=message):
        push(folder, repository, dry_run=True)


def test_the_extra_is_missing(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for call in (lambda: find_trained("hf://me/tiny"), lambda: push(folder, "me/tiny")):
        with pytest.raises(SeqvisionError, match=r"pip install 'seqvision\[hub\]'"):
            call()
