"""`beamline import` of hub datasets, run as a person runs it, against a small hub on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlparse

import pytest

from beamline.core.params import Data
from beamline.data.canonical import USUAL
from beamline.data.corpus import check_corpus

pytestmark = pytest.mark.slow

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOWHERE = "http://127.0.0.1:9"

Hub = Callable[[Path], str]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Give a function that starts a hub with the dataset `owner/name` at `COMMIT`, and returns its address.

    Its argument is the directory of the dataset's files.
    """
    servers = []

    def start(source: Path) -> str:
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
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
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


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A dataset as DialogSum's repository has it: `dev`, and test columns that train doesn't have."""
    directory = tmp_path / "source"
    directory.mkdir()
    for split in ("train", "dev"):
        write(directory / f"{split}.jsonl", [{"fname": f"{split}_0", "dialogue": f"{split}\r\n안녕", "summary": "s"}])
    write(directory / "test.jsonl", [{"fname": "test_0", "dialogue": "d", "summary1": "s", "summary2": "t"}])
    return directory


def write(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def import_from(hub: str, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `directory`, with caches there. hub: its address."""
    return subprocess.run(
        [sys.executable, "-m", "beamline", "import", *arguments],
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


def test_a_dataset_is_recorded_with_the_commit_that_the_revision_stands_for(
    tmp_path: Path, hub: Hub, source: Path
) -> None:
    run = import_from(hub(source), tmp_path, "owner/name", "out", "--revision", "main")
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "out/train.jsonl: 1 dialogues of train (fname, dialogue, summary)",
        "out/validation.jsonl: 1 dialogues of validation (fname, dialogue, summary)",
        "out/test.jsonl: 1 dialogues of test (fname, dialogue, summary1, summary2)",
        "license: cc0-1.0",
        "next: dvc add out && dvc exp run -S data.path=out",
    ]
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["source"].pop("datasets").count(".") == 2
    assert provenance["source"] == {"name": "owner/name", "revision": COMMIT, "config": None, "license": "cc0-1.0"}
    assert provenance["splits"]["test"]["from"] == {"name": "test"}
    corpus = check_corpus(Data(path=str(tmp_path / "out"), columns=USUAL, leakage="error"))
    assert [dialogue.dialogue for dialogue in corpus.train] == ["train\n안녕"]
    assert [dialogue.references for dialogue in corpus.test] == [("s", "t")]


def test_splits_are_drawn_from_a_dataset_that_has_train_only(tmp_path: Path, hub: Hub, source: Path) -> None:
    for name in ("dev", "test"):
        (source / f"{name}.jsonl").unlink()
    write(source / "train.jsonl", [{"id": n, "dialogue": f"d {n}", "summary": "s"} for n in range(10)])
    arguments = ("owner/name", "out", "--revision", COMMIT, "--split", "validation=0.1,test=0.2")
    run = import_from(hub(source), tmp_path, *arguments)
    assert [line.partition(" (")[0] for line in run.stdout.splitlines()[:3]] == [
        "out/train.jsonl: 7 dialogues of train",
        "out/validation.jsonl: 1 dialogues of train",
        "out/test.jsonl: 2 dialogues of train",
    ]


@pytest.mark.parametrize(
    ("hub_id", "revision", "message"),
    [
        ("owner/name", "v9", "owner/name: the hub's dataset has no revision 'v9'; try main"),
        ("owner/other", "main", "owner/other: no such dataset on the hub, or not open to you;"),
        ("./nowhere", "main", "./nowhere: neither a local file or directory nor a hub id such as owner/name"),
    ],
)
def test_what_the_hub_does_not_have(
    tmp_path: Path, hub: Hub, source: Path, hub_id: str, revision: str, message: str
) -> None:
    run = import_from(hub(source), tmp_path, hub_id, "out", "--revision", revision)
    assert error_of(run).startswith(f"error: {message}")


def test_no_network_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    run = import_from(NOWHERE, tmp_path, "owner/name", "out", "--revision", COMMIT)
    assert error_of(run) == run.stderr.rstrip()
    assert run.stderr.startswith("error: owner/name: the hub can't be reached (")
    assert run.stderr.endswith("); run this where there is a network, and copy the directory here\n")
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}


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
  - {split: test1, path: b.csv}
  - {split: test2, path: c.csv}
---
"""


def test_configurations_and_splits_are_asked_for_by_name(tmp_path: Path, hub: Hub) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "README.md").write_text(CARD, encoding="utf-8")
    for name in "abc":
        (source / f"{name}.csv").write_text(f"talk;gist\n{name};s\n", encoding="utf-8")
    address = hub(source)

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        named = ("--revision", "main", "--dialogue", "talk", "--summary", "gist")
        return import_from(address, tmp_path, "owner/name", "out", *named, *options)

    assert error_of(run()) == (
        "error: owner/name: datasets can't load it: Config name is missing."
        " Please pick one among the available configs: ['spoken', 'two']; name it with --config"
    )
    assert error_of(run("--config", "two")) == (
        "error: owner/name: test1 and test2 could be test; choose one with --test SPLIT"
    )
    assert run("--config", "spoken").returncode == 0
    assert json.loads((tmp_path / "out" / "validation.jsonl").read_text(encoding="utf-8")) == {
        "id": "dev-1", "dialogue": "b", "summary": "s",
    }  # fmt: skip


def test_code_of_a_dataset_is_refused_and_not_run(tmp_path: Path, hub: Hub) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "name.py").write_text("open('ran', 'w')", encoding="utf-8")
    assert error_of(import_from(hub(source), tmp_path, "owner/name", "out", "--revision", "main")) == (
        "error: owner/name: datasets can't load it: Dataset scripts are no longer supported, but found name.py"
    )
    assert not (tmp_path / "ran").exists()


def test_help_does_not_wait_for_the_datasets_library() -> None:
    code = "import sys, beamline.data.hub; print('datasets' in sys.modules or 'huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
