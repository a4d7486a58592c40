"""The download command, run as a person runs it: on local directories, and against a small hub on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlparse

import pytest

from beamline.core.params import Columns, Data
from beamline.data.corpus import check_corpus

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A data set as DialogSum's own repository has it: `dev`, and test columns that train doesn't have."""
    directory = tmp_path / "source"
    directory.mkdir()
    for split in ("train", "dev"):
        write(directory / f"{split}.jsonl", [{"fname": f"{split}_0", "dialogue": f"{split}\r\n안녕", "summary": "s"}])
    write(directory / "test.jsonl", [{"fname": "test_0", "dialogue": "d", "summary1": "s", "summary2": "t"}])
    return directory


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def download(directory: Path, *arguments: str, hub: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
    """Run the command in `directory` with caches of its own; without `hub` there is none to be reached."""
    return subprocess.run(
        [sys.executable, "-m", "beamline", "download", *arguments],
        cwd=directory,
        env={**os.environ, "HF_HOME": str(directory / "cache"), "HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def error_of(run: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failed command, after the progress bars."""
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr.splitlines()[-1]


def test_a_local_directory_is_brought_into_our_form(tmp_path: Path, source: Path) -> None:
    run = download(tmp_path, "source", "data/out")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "data/out/train.jsonl: 1 records",
        "data/out/validation.jsonl: 1 records",
        "data/out/test.jsonl: 1 records",
        "licence: not stated; commit: none (local)",
        "next: dvc add data/out; dvc exp run -S data.path=data/out",
    ]
    out = tmp_path / "data" / "out"
    assert sorted(path.name for path in out.parent.rglob("*")) == [
        "out", "provenance.json", "test.jsonl", "train.jsonl", "validation.jsonl",
    ]  # fmt: skip
    corpus = check_corpus(Data(path=str(out), columns=Columns(id=None, dialogue=None, summary=None), leakage="error"))
    assert [each.dialogue for each in corpus.train] == ["train\n안녕"]
    assert [each.references for each in corpus.test] == [("s", "t")]


def test_provenance_says_what_determined_the_files_and_nothing_else(tmp_path: Path, source: Path) -> None:
    assert download(tmp_path, str(source), "first").returncode == 0
    provenance = json.loads((tmp_path / "first" / "provenance.json").read_text(encoding="utf-8"))
    files = provenance.pop("files")
    assert provenance.pop("datasets").count(".") == 2
    assert provenance == {"hub_id": None, "revision": None, "config": None, "licence": None, "left_out": {}}
    assert list(files) == ["train.jsonl", "validation.jsonl", "test.jsonl"]
    # sha256sum of the line {"fname": "test_0", "dialogue": "d", "summary1": "s", "summary2": "t"}
    assert files["test.jsonl"] == {
        "records": 1,
        "sha256": "2f7740f0e7eb889b3d96619e62fcc76135734c11ee6131d68b1ae0697bbd6096",
    }


def test_a_hub_dataset_is_recorded_with_the_commit_that_the_revision_stands_for(tmp_path: Path, hub: str) -> None:
    run = download(tmp_path, "owner/name", "--revision", "main", "out", hub=hub)
    assert run.returncode == 0, run.stderr
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert (provenance["hub_id"], provenance["revision"]) == ("owner/name", COMMIT)
    assert provenance["licence"] == "cc0-1.0"
    assert provenance["files"]["test.jsonl"]["records"] == 1


@pytest.mark.parametrize(
    ("hub_id", "revision", "message"),
    [
        ("owner/name", "v9", "owner/name: the hub's dataset has no revision 'v9'; try main"),
        ("owner/other", "main", "owner/other: no such dataset on the hub, or not open to you;"),
        ("./nowhere", "main", "./nowhere: neither a local directory nor a hub id such as owner/name"),
    ],
)
def test_what_the_hub_does_not_have(tmp_path: Path, hub: str, hub_id: str, revision: str, message: str) -> None:
    assert error_of(download(tmp_path, hub_id, "--revision", revision, "out", hub=hub)).startswith(f"error: {message}")


def test_no_network_is_one_line(tmp_path: Path) -> None:
    run = download(tmp_path, "owner/name", "--revision", COMMIT, "out")
    assert error_of(run) == run.stderr.rstrip()
    assert run.stderr.startswith("error: owner/name: the hub can't be reached (")
    assert run.stderr.endswith("); run this where there is a network, and copy the directory here\n")


def test_a_hub_dataset_needs_a_revision_and_a_local_directory_has_none(tmp_path: Path, source: Path) -> None:
    assert error_of(download(tmp_path, "owner/name", "out")) == (
        "error: owner/name: a hub dataset needs --revision: a commit, or main, whose commit is recorded"
    )
    assert error_of(download(tmp_path, "source", "--revision", "main", "out")) == (
        "error: source: a local directory has no revisions; leave out --revision"
    )


def test_a_directory_in_use_is_refused_and_kept(tmp_path: Path, source: Path) -> None:
    kept = tmp_path / "out" / "kept"
    kept.parent.mkdir()
    kept.touch()
    assert error_of(download(tmp_path, "source", "out")) == (
        "error: out: exists already; name a new directory, or remove this one first"
    )
    assert kept.exists()


def test_records_that_cannot_be_used_are_left_out_and_listed(tmp_path: Path, source: Path) -> None:
    records = [{"id": str(n), "dialogue": text, "summary": "s"} for n, text in enumerate(["a", "", "c", None])]
    write(source / "train.jsonl", records)
    run = download(tmp_path, "source", "out")
    assert run.stdout.splitlines()[0] == (
        "out/train.jsonl: 2 records, 2 unusable left out"
        " (first: train record 2: dialogue is empty; fix the record or remove it)"
    )
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert [line.partition(":")[0] for line in provenance["left_out"]["train.jsonl"]] == [
        "train record 2", "train record 4",
    ]  # fmt: skip


def test_a_column_that_no_record_has_is_an_error_and_leaves_nothing(tmp_path: Path, source: Path) -> None:
    assert error_of(download(tmp_path, "source", "out", "--dialogue", "talk")) == (
        "error: source: train record 1: no column 'talk', found 'fname', 'dialogue', 'summary';"
        " name the one that holds the dialogue in data.columns.dialogue (beamline download: --dialogue)"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"source", "cache"}


def test_a_missing_split_names_those_found(tmp_path: Path, source: Path) -> None:
    (source / "dev.jsonl").unlink()
    assert error_of(download(tmp_path, "source", "out")) == (
        "error: source: no validation split; expected train, validation and test, found train, test"
    )


CARD = """---
configs:
- config_name: spoken
  sep: ";"
  data_files:
  - {split: train, path: a.csv}
  - {split: dev, path: b.csv}
  - {split: test, path: c.csv}
- config_name: two
  data_files:
  - {split: train, path: a.csv}
  - {split: dev, path: b.csv}
  - {split: val, path: b.csv}
  - {split: test, path: c.csv}
---
"""


def test_configurations_are_asked_for_by_name(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "README.md").write_text(CARD, encoding="utf-8")
    for name in "abc":
        (source / f"{name}.csv").write_text(f"talk;gist\n{name};s\n", encoding="utf-8")
    assert error_of(download(tmp_path, "source", "out")) == (
        "error: source: datasets can't load it: Config name is missing."
        " Please pick one among the available configs: ['spoken', 'two']; name it with --config"
    )
    assert error_of(download(tmp_path, "source", "out", "--config", "two")) == (
        "error: source: splits val and dev are both validation; expected train, validation and test,"
        " found train, dev, val, test"
    )
    run = download(tmp_path, "source", "out", "--config", "spoken", "--dialogue", "talk", "--summary", "gist")
    assert run.stdout.splitlines()[-1] == (
        "next: dvc add out; dvc exp run -S data.path=out -S data.columns.dialogue=talk -S data.columns.summary=gist"
    )
    assert (tmp_path / "out" / "validation.jsonl").read_text(encoding="utf-8") == '{"talk": "b", "gist": "s"}\n'


def test_code_of_a_dataset_is_refused_and_not_run(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "source.py").write_text("open('ran', 'w')", encoding="utf-8")
    assert error_of(download(tmp_path, "source", "out")) == (
        "error: source: datasets can't load it: Dataset scripts are no longer supported, but found source.py"
    )
    assert not (tmp_path / "ran").exists()


def test_help_does_not_wait_for_the_datasets_library() -> None:
    code = "import sys, beamline.data.download; print('datasets' in sys.modules or 'huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.fixture
def hub(source: Path) -> Iterator[str]:
    """The address of a hub that has `owner/name` at `COMMIT`, with the files of `source`."""
    pages = hub_pages(source)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlparse(self.path).path
            if path in pages:
                self.reply(200, pages[path], {"ETag": f'"{path[-20:]}"', "X-Repo-Commit": COMMIT})
            elif not path.startswith(("/api/datasets/owner/name/", "/datasets/owner/name/")):
                self.reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            else:
                missing = "RevisionNotFound" if "/revision/" in path else "EntryNotFound"
                self.reply(404, b"{}", {"X-Error-Code": missing, "X-Repo-Commit": COMMIT})

        do_HEAD = do_GET  # noqa: N815

        def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def hub_pages(source: Path) -> dict[str, bytes]:
    info = {"id": "owner/name", "sha": COMMIT, "cardData": {"license": "cc0-1.0"}, "tags": [], "siblings": []}
    tree = [
        {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": COMMIT} for path in source.iterdir()
    ]
    api, files = "/api/datasets/owner/name", f"/datasets/owner/name/resolve/{COMMIT}"
    return {
        **{f"{api}/revision/{name}": json.dumps(info).encode() for name in ("main", COMMIT)},
        f"{api}/tree/{COMMIT}": json.dumps(tree).encode(),
        **{f"{files}/{path.name}": path.read_bytes() for path in source.iterdir()},
    }
