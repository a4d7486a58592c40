"""What somebody does who has just cloned the repository, from the first `make` to handing the model on."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.browser import Reader, start_browser
from support.repository import Repository, tiny_repository

pytestmark = pytest.mark.extended

ENVIRONMENT = Path(sys.executable).parent.parent
LOAD = """
import json, sys
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
tokenizer, model = (kind.from_pretrained(sys.argv[1]) for kind in (AutoTokenizer, AutoModelForSeq2SeqLM))
dialogues = [json.loads(line)["dialogue"] for line in sys.stdin]
inputs = tokenizer(dialogues, return_tensors="pt", padding=True, truncation=True)
print(json.dumps(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)))
"""


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A clone with files so old that `make` finds this environment newer, and installs nothing."""
    repository = tiny_repository(tmp_path / "clone")
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml"):
        os.utime(repository.path / name, (0, 0))
    # `beamline` is installed from this checkout; the clone's own code has to run.
    return Repository(repository.path, {"PYTHONPATH": str(repository.path / "src")})


def test_a_newcomer_reads_compares_summarizes_and_exports(clone: Repository, tmp_path: Path) -> None:
    assert "To read the summaries, open reports/page.html" in clone.run("make", f"VENV={ENVIRONMENT}").stdout
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "Baseline on this machine")
    rows = [json.loads(line) for line in (clone.path / "reports" / "predictions.jsonl").read_text().splitlines()]
    worst = min(rows, key=lambda row: row["scores"]["rouge_f"])

    with start_browser() as browser:
        reader = Reader(browser, clone.path / "reports" / "page.html")
        reader.order("Lowest score first")
        reader.page.locator(".item").first.click()
        shown = next(row for row in rows if row["id"] == reader.open)
        assert shown["scores"]["rouge_f"] == worst["scores"]["rouge_f"]
        reader.close()

        clone.dvc("exp", "run", "-S", "generation.num_beams=4")
        clone.run("beamline", "compare", "main", "workspace", "--html", "comparison.html")
        compared = json.loads(clone.run("beamline", "compare", "main", "workspace", "--json").stdout)
        gained = compared["comparisons"][0]["gained"]
        reader = Reader(browser, clone.path / "comparison.html")
        reader.order("Gained most first")
        reader.page.locator(".item").first.click()
        if gained:
            assert reader.open == gained[0]["id"]
        assert reader.page.locator(".summary").count() == 2
        reader.close()

    talks = [
        {"dialogue": f"#Person1#: Can we meet on {day}?\n#Person2#: Yes."} for day in ("Monday", "Friday", "Sunday")
    ]
    (clone.path / "talks.jsonl").write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    lines = [json.loads(line) for line in clone.run("beamline", "summarize", "talks.jsonl").stdout.splitlines()]
    assert [line["id"] for line in lines] == ["talks-1", "talks-2", "talks-3"]

    clone.run("beamline", "export", "handover")
    elsewhere = shutil.copytree(clone.path / "handover", tmp_path / "elsewhere")
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, str(elsewhere)],
        input=(clone.path / "talks.jsonl").read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    written = [re.sub(r"\s+", " ", text).strip() for text in json.loads(loaded.stdout)]
    assert written == [line["summary"] for line in lines]
