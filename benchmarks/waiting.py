"""What OMP_WAIT_POLICY=passive costs a training that has the machine to itself, and what it saves two that share it.

python benchmarks/waiting.py [--rounds 3]

dvc.yaml sets it for `train` and `evaluate`. Each turn is one epoch of the train stage on the embedded English
dialogues, with the parameters as committed: alone, then twice at once as two workers of a queue run it, each with and
without. The policies take turns; medians of the wall time of a turn, start-up included.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
POLICIES = {"default": {}, "passive": {"OMP_WAIT_POLICY": "passive"}}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT / "src")}


def start(stage: str, directory: Path, policy: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"beamline.{stage}"],
        cwd=directory,
        env=ENVIRONMENT | POLICIES[policy],
        stdout=subprocess.DEVNULL,
    )


def turn(directories: list[Path], policy: str) -> float:
    """Seconds until a training in each of the directories has ended."""
    begun = time.perf_counter()
    for running in [start("train", directory, policy) for directory in directories]:
        if running.wait() != 0:
            raise SystemExit("a training failed; its message stands above")
    return time.perf_counter() - begun


def main(rounds: Annotated[int, typer.Option(help="Turns of each policy.")] = 3) -> None:
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name, "first"), Path(name, "second")
        first.mkdir()
        yaml = YAML()
        params = yaml.load(ROOT / "params.yaml")
        params["data"]["path"] = str(ROOT / params["data"]["path"])
        params["train"]["num_train_epochs"] = 1
        yaml.dump(params, first / "params.yaml")
        if start("prepare", first, "default").wait() != 0:
            raise SystemExit(1)
        shutil.copytree(first, second)
        loads = {"alone": [first], "two at once": [first, second]}
        seconds: dict[tuple[str, str], list[float]] = {(load, policy): [] for load in loads for policy in POLICIES}
        for _ in range(rounds):
            for (load, policy), times in seconds.items():
                times.append(turn(loads[load], policy))
    print("| one epoch of the default training | default | passive | passive / default |\n| --- | ---: | ---: | ---: |")
    for load in loads:
        default, passive = (seconds[load, policy] for policy in POLICIES)
        ratio = statistics.median(ours / other for ours, other in zip(passive, default, strict=True))
        medians = f"{statistics.median(default):.1f} s | {statistics.median(passive):.1f} s"
        print(f"| {load} | {medians} | {ratio:.2f} × |")


if __name__ == "__main__":
    typer.run(main)
