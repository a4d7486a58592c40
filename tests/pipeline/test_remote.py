"""A team's shared remote on S3, here a local server that speaks S3: what one clone ran, no other clone runs again."""

import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.repository import Repository

WANTED = "the optional packages for a remote on S3 (requirements.txt) are not installed"
pytestmark = pytest.mark.extended
pytest.importorskip("dvc_s3", reason=WANTED)
boto3 = pytest.importorskip("boto3", reason=WANTED)
moto = pytest.importorskip("moto.server", reason=WANTED)

SECRET = secrets.token_hex()


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a server with an empty bucket `team`."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="team")
    yield f"http://{host}:{port}"
    server.stop()


def test_what_one_clone_pushed_no_other_runs_again(finished: Repository, address: str, tmp_path: Path) -> None:
    mine = replace(finished, path=tmp_path / "mine")
    shutil.copytree(finished.path, mine.path, symlinks=True)
    mine.dvc("remote", "add", "--default", "team", "s3://team/beamline")
    mine.dvc("remote", "modify", "team", "endpointurl", address)
    mine.commit("name the team's remote")
    mine.git("clone", "--quiet", "--bare", ".", str(tmp_path / "shared.git"))
    mine.git("remote", "add", "origin", str(tmp_path / "shared.git"))
    mine.dvc("push")

    theirs = replace(finished, path=tmp_path / "theirs")
    mine.git("clone", "--quiet", str(tmp_path / "shared.git"), str(theirs.path))
    assert not (theirs.path / "models").exists()
    theirs.dvc("pull")
    assert stages_that_ran(theirs) == []
    assert theirs.git("status", "--porcelain").stdout == ""
    for path in ("models/checkpoints.json", "reports/predictions.jsonl"):
        assert (theirs.path / path).read_bytes() == (finished.path / path).read_bytes()

    mine.dvc("exp", "run", "-n", "beams", "-S", "generation.num_beams=2")
    mine.dvc("exp", "push", "origin", "beams")
    theirs.dvc("exp", "pull", "origin", "beams")
    theirs.dvc("exp", "apply", "beams")
    assert theirs.read("metrics/generation.json")["settings"]["num_beams"] == 2
    assert stages_that_ran(theirs) == []

    written = [path for clone in (mine, theirs) for path in clone.path.rglob("*") if path.is_file()]
    assert not [path for path in written if SECRET.encode() in path.read_bytes()]


def stages_that_ran(repository: Repository) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", repository.dvc("repro").stdout)
