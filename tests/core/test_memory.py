"""Where memory doesn't suffice for a batch: really limited, in a process of its own."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from support.repository import ROOT, set_params, tiny_directory
from support.stage_process import PROCESSES, error_of, finish, run_in

from beamline import evaluate, train
from beamline.core.errors import BeamlineError, run
from beamline.core.memory import Parts

pytestmark = pytest.mark.extended

ONE_EPOCH = {"train.num_train_epochs": 1, "train.threads": 1, "evaluate.threads": 1}
LARGE_BATCHES = {
    **ONE_EPOCH,
    "model.scratch.ffn_dim": 4096,
    "train.tokens_per_batch": 20_000,
    "train.gradient_accumulation_steps": 2,
}


def with_memory_limit(directory: Path, stage: str, megabytes: int) -> None:
    """Run where memory may grow by so much above what it takes to have everything imported."""
    taken = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert taken is not None
    resource.setrlimit(resource.RLIMIT_DATA, (int(taken[1]) * 2**10 + megabytes * 2**20,) * 2)
    run_in(directory, stage)


def in_little_memory(directory: Path, stage: str, megabytes: int) -> tuple[int | None, str]:
    """The exit status, and what it said."""
    process = PROCESSES.Process(target=with_memory_limit, args=(directory, stage, megabytes))
    process.start()
    return finish(process), (directory / "log.txt").read_text()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("prepared")
    tiny_directory(directory, train=48, others=12, changes={"model.scratch.dropout": 0.0})
    return directory


def copy(prepared: Path, directory: Path, changes: dict[str, Any]) -> Path:
    shutil.copytree(prepared, directory, dirs_exist_ok=True)
    set_params(directory / "params.yaml", changes)
    return directory


def train_metrics(directory: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((directory / "metrics" / "train.json").read_text())
    return metrics


def test_training_batch_is_done_in_parts_and_learns_the_same(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy(prepared, tmp_path / "whole", LARGE_BATCHES))
    train.main()
    whole = train_metrics(tmp_path / "whole")
    assert whole["tokens_per_batch"] == 20_000
    code, log = in_little_memory(copy(prepared, tmp_path / "parts", LARGE_BATCHES), "train", megabytes=300)
    assert code == 0, log
    parts = train_metrics(tmp_path / "parts")
    count = 20_000 // parts["tokens_per_batch"]
    assert count in {2**halvings for halvings in range(1, 6)}
    assert f"train: out of memory at step 1, batches are done in {count} parts from here on" in log
    assert parts["steps"] == whole["steps"]
    assert parts["validation_loss"] == pytest.approx(whole["validation_loss"], abs=1e-4)


def test_memory_that_does_not_hold_one_dialogue_is_one_line(prepared: Path, tmp_path: Path) -> None:
    copy(prepared, tmp_path, {**LARGE_BATCHES, "model.scratch.ffn_dim": 65_536})
    code, _ = in_little_memory(tmp_path, "train", megabytes=300)
    assert code == 1
    assert "train: out of memory at step 1, even with one dialogue at a time" in error_of(tmp_path)


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wide, so that a large decoding batch takes memory. Its predictions are those of unlimited memory."""
    changes = {**ONE_EPOCH, "model.scratch.ffn_dim": 16_384, "generation.max_length": 20, "generation.num_beams": 4}
    directory = copy(prepared, tmp_path_factory.mktemp("trained"), {**changes, "evaluate.tokens_per_batch": 100_000})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        train.main()
        evaluate.main()
    return directory


def test_decoding_batch_is_done_in_parts_and_writes_the_same(trained: Path, tmp_path: Path) -> None:
    code, log = in_little_memory(copy(trained, tmp_path, {}), "evaluate", megabytes=160)
    assert code == 0, log
    assert re.search(r"evaluate: out of memory, batches are done in \d+ parts from here on", log)
    for name in ("reports/predictions.jsonl", "metrics/rouge.json"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_sampling_that_would_draw_other_numbers_in_parts_asks_for_a_smaller_batch(
    trained: Path, tmp_path: Path
) -> None:
    copy(trained, tmp_path, {"generation.do_sample": True})
    code, _ = in_little_memory(tmp_path, "evaluate", megabytes=160)
    assert code == 1
    assert "evaluate: out of memory; lower evaluate.tokens_per_batch" in error_of(tmp_path)
    assert (tmp_path / "metrics/rouge.json").read_bytes() == (trained / "metrics/rouge.json").read_bytes()


# Measures the loss of a large vocabulary in one piece, and again where memory may grow by 100 megabytes only.
LOSS_IN_LITTLE_MEMORY = """
import re, resource
from pathlib import Path
import torch
from transformers import BartConfig, BartForConditionalGeneration
from beamline.training.loss import measure_loss
config = BartConfig(vocab_size=50_000, d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=1,
                    decoder_attention_heads=1, encoder_ffn_dim=8, decoder_ffn_dim=8)
model = BartForConditionalGeneration(config)
tokens = torch.randint(3, 50_000, (32, 16))
batch = {"input_ids": tokens, "decoder_input_ids": tokens, "labels": tokens}
whole = measure_loss(model, [batch], torch.device("cpu"))
data = int(re.search(r"VmData:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (data + 100 * 2**20,) * 2)
parts = measure_loss(model, [batch, batch], torch.device("cpu"))
assert parts.tokens == 2 * whole.tokens == 1024, parts
assert abs(parts.loss - whole.loss) < 1e-6, (parts.loss, whole.loss)
"""


def test_loss_is_measured_in_parts_and_is_the_same() -> None:
    sources = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", LOSS_IN_LITTLE_MEMORY]
    done = subprocess.run(command, env=sources, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.match(r"teacher forcing: out of memory, batches are done in \d+ parts", done.stdout), done.stdout


def lack(most: int) -> RuntimeError:
    return RuntimeError(f"[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory above {most}")


@pytest.mark.parametrize(
    "error",
    [
        lack(3),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a primitive"),
        MemoryError(),
    ],
    ids=repr,
)
def test_every_row_is_done_once_and_later_batches_in_as_many_parts(error: Exception) -> None:
    asked: list[slice] = []
    undone: list[bool] = []

    def compute(rows: slice) -> Sequence[int]:
        asked.append(rows)
        part = range(100)[rows]
        if len(part) > 3:
            raise error
        return part

    parts = Parts("train")
    done = parts.run(10, compute, undo=lambda: undone.append(True))
    assert [row for part in done for row in part] == list(range(10))
    assert (parts.count, len(undone)) == (4, 2)
    asked.clear()
    assert [list(part) for part in parts.run(5, compute)] == [[0, 1], [2, 3], [4]]
    assert asked == [slice(0, 2), slice(2, 4), slice(4, 5)]


@pytest.mark.parametrize(
    ("allocate", "reason"), [(lambda: torch.empty(2**60), "allocate"), (lambda: bytearray(2**60), "MemoryError")]
)
def test_lack_of_memory_anywhere_else_is_one_line(
    allocate: Callable[[], object], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(lambda: allocate() and None)
    assert re.fullmatch(
        rf"error: out of memory \(.*{reason}.*\); take smaller batches, or a smaller model\n", capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "reason",
    ["mat1 and mat2 shapes cannot be multiplied", "could not create a primitive descriptor for the matmul primitive."],
)
def test_other_errors_are_not_taken_for_lack_of_memory(reason: str) -> None:
    def compute(rows: slice) -> None:
        raise RuntimeError(reason)

    with pytest.raises(RuntimeError, match=reason):
        Parts("train").run(4, compute)


def test_what_cannot_be_cut_names_what_to_lower() -> None:
    def compute(rows: slice) -> None:
        raise lack(0)

    with pytest.raises(BeamlineError, match=r"^train: out of memory at step 3; lower train"):
        Parts("train", uncut="train.tokens_per_batch").run(4, compute, where=" at step 3")
