"""What others bring their changes through: workflows, pinned versions, forms."""

import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def read(path):
    return YAML(typ="safe", pure=True).load(path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_only_what_was_looked_at_and_may_do_little(path):
    workflow, text = read(path), path.read_text("utf-8")
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]
    for name, job in workflow["jobs"].items():
        assert "uses" in job or job["timeout-minutes"] <= 60, name
        assert set(job.get("permissions", {})) <= {"id-token"}, name
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            # What others choose, such as the name of a branch, is not pasted into a script.
            assert "${{" not in step.get("run", "")
    used = [line.partition("uses:")[2].strip() for line in text.splitlines() if "uses:" in line]
    assert used
    for action in used:
        assert re.fullmatch(r"\S+@[0-9a-f]{40} # v\d+(\.\d+)+", action) or action.startswith("./")


def test_an_action_has_one_version():
    """One that is pinned twice would be renewed in one place."""
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS)
    pins = set(re.findall(r"uses: (\S+)@(\S+ # \S+)", text))
    assert len(dict(pins)) == len(pins)


def test_what_workflows_call_is_there():
    for path in WORKFLOWS:
        for job in read(path)["jobs"].values():
            lines = [step.get("run", "") for step in job.get("steps", [])]
            for script in re.findall(r"\S*(?:\.ci|scripts)/\S+", " ".join(lines)):
                assert (ROOT / script).is_file(), script
            if "uses" in job:
                assert (ROOT / job["uses"]).is_file()


def test_pre_commit_checks_with_the_versions_of_the_tests():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {need for need in project["optional-dependencies"]["test"] if "==" in need}
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    used = {need for hook in hooks for need in hook.get("additional_dependencies", ())}
    assert {need for need in used if "actionlint" not in need} == pinned
    assert all("==" in need for need in used)


def test_a_fault_is_reported_with_what_doctor_says():
    asked = {field.get("id") for field in read(ROOT / ".github/ISSUE_TEMPLATE/fault.yml")["body"]}
    assert "doctor" in asked
    for form in FORMS:
        assert read(form), form
