"""Tracking as a stage does it.

What may touch W&B runs in a separate process with its own home and environment: wandb keeps what it has read of them.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.repository import ROOT
from support.tracked_stage import ROWS, params_with
from support.wandb_records import read_wandb_run

from beamline.core.params import Params
from beamline.training.tracking import Tracker

pytestmark = pytest.mark.extended

KEY = "0123456789abcdef" * 3


def run_stage(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (root / "home").mkdir(parents=True)
    keep = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    own = {"HOME": str(root / "home"), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.run(
        [sys.executable, ROOT / "tests" / "support" / "tracked_stage.py", *arguments],
        cwd=root,
        env=keep | own | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def blackhole() -> Iterator[tuple[str, list[object]]]:
    """A proxy that accepts and never answers, as a network that swallows packets; and who has come to it so far."""
    callers: list[object] = []

    def listen(server: socket.socket) -> None:
        while True:
            try:
                callers.append(server.accept())
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=[server], daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def track_curves(curves: Path, seconds: float) -> None:
    with Tracker(params_with("disabled"), stage="train", experiment="e", root=curves.parent, curves=curves) as tracker:
        for epoch in (1, 2, 3):
            loss = {"train/loss": 1 / (3 * epoch), "validation/loss": 2 / (3 * epoch)}
            tracker.log_epoch(epoch, loss, {"seconds": seconds * epoch})


def test_curves_have_every_epoch_in_full_precision(tmp_path: Path) -> None:
    track_curves(tmp_path / "curves", seconds=1.0)
    assert files(tmp_path / "curves").keys() == {
        "metrics.json",
        "plots/metrics/train/loss.tsv",
        "plots/metrics/validation/loss.tsv",
    }
    table = (tmp_path / "curves/plots/metrics/train/loss.tsv").read_text(encoding="utf-8")
    assert table.splitlines() == ["step\tloss", *(f"{epoch}\t{1 / (3 * epoch)!r}" for epoch in (1, 2, 3))]


def test_equal_runs_leave_equal_bytes_whatever_their_speed_and_whatever_was_there(tmp_path: Path) -> None:
    (tmp_path / "again/plots/metrics/train").mkdir(parents=True)
    (tmp_path / "again/plots/metrics/train/loss.tsv").write_text("step\tloss\n1\t9\n")
    (tmp_path / "again/report.html").write_text("of an older version")
    track_curves(tmp_path / "once", seconds=1.0)
    track_curves(tmp_path / "again", seconds=7.0)
    assert files(tmp_path / "once") == files(tmp_path / "again")


def test_failed_run_leaves_the_earlier_curves(tmp_path: Path) -> None:
    curves = tmp_path / "curves"
    track_curves(curves, seconds=1.0)
    before = files(tmp_path)
    with (
        pytest.raises(ZeroDivisionError),
        Tracker(params_with("disabled"), stage="train", experiment="e", root=tmp_path, curves=curves) as tracker,
    ):
        tracker.log_epoch(1, {"train/loss": 9.0}, {})
        raise ZeroDivisionError
    assert files(tmp_path) == before


def test_disabled_imports_nothing_and_writes_nothing(tmp_path: Path) -> None:
    finished = run_stage(tmp_path, "disabled")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "began\nwithout wandb\n", "")
    assert files(tmp_path) == {}


def test_offline_run_holds_params_summary_and_table_and_asks_the_network_for_nothing(
    tmp_path: Path, blackhole: tuple[str, list[object]]
) -> None:
    address, callers = blackhole
    finished = run_stage(tmp_path, "offline", HTTP_PROXY=address, HTTPS_PROXY=address)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "began\nwith wandb\n", "")
    # Python's connections and look-ups are known, wandb-core's where they heed the proxy (see the online test below).
    assert "network.txt" not in files(tmp_path)
    assert callers == []

    found = read_wandb_run(tmp_path)
    assert {name: found.config[name] for name in Params.model_fields} == params_with("offline").model_dump(mode="json")
    assert (found.run.project, found.run.run_group) == ("beamline", "odd-name")
    assert (found.run.job_type, found.run.display_name) == ("evaluate", "odd-name-evaluate")
    assert (found.run.host, found.run.git.remote_url) == ("", "")
    assert [(point["_step"], point["validation/loss"], point["seconds"]) for point in found.history] == [
        (1, 2.5, 3.0),
        (2, 1.5, 4.0),
    ]
    assert (found.summary["final_rouge_f"], found.summary["final_checkpoint"]) == (0.5123456789, "epoch-002")
    (table,) = tmp_path.glob(f"wandb/offline-run-*/files/{found.summary['examples']['path']}")
    assert json.loads(table.read_text(encoding="utf-8"))["data"] == ROWS
    assert found.exit_code == 0


def test_failed_stage_is_a_failed_run(tmp_path: Path) -> None:
    assert run_stage(tmp_path, "offline", "fail").returncode == 1
    assert read_wandb_run(tmp_path).exit_code == 1


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "error: tracking.wandb: online needs a key in WANDB_API_KEY; or set it to offline or disabled\n"),
        (
            {"WANDB_API_KEY": "short"},
            "error: tracking: WANDB_API_KEY invalid: API key must have 40+ characters, has 5.\n",
        ),
    ],
)
def test_online_without_a_usable_key_is_one_line_before_anything_begins(
    tmp_path: Path, environment: dict[str, str], message: str
) -> None:
    finished = run_stage(tmp_path, "online", **environment)
    assert (finished.returncode, finished.stdout, finished.stderr) == (1, "", message)


def test_online_without_a_network_is_recorded_offline_and_keeps_the_key_out_of_every_file(
    tmp_path: Path, blackhole: tuple[str, list[object]]
) -> None:
    address, callers = blackhole
    finished = run_stage(tmp_path, "online", HTTP_PROXY=address, HTTPS_PROXY=address, WANDB_API_KEY=KEY)
    assert finished.returncode == 0
    assert "W&B can't be reached, recording offline" in finished.stderr
    assert callers, "the proxy isn't used, so the offline test proves nothing"
    assert read_wandb_run(tmp_path).summary["final_rouge_f"] == 0.5123456789
    assert KEY not in finished.stdout + finished.stderr
    assert not [name for name, content in files(tmp_path).items() if KEY.encode() in content]
