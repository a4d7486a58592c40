"""What letting idle threads sleep costs a stage that has the machine to itself, and what it saves two that share it.

python benchmarks/waiting.py [train | diagnose] [--rounds 3]

Each turn is one epoch of the train stage on the embedded English dialogues, with the parameters as committed, or the
diagnose stage on the finished run of this checkout: alone, then twice at once as two workers of a queue run it. `spin`
is libgomp's default, `sleep` is OMP_WAIT_POLICY=passive, and dvc.yaml sets `spin a little` for training and `spin
longer` for what decodes. The policies take turns; medians of the wall time of a turn, start-up included, and of its
ratio to `spin` in the same round.
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
POLICIES = {
    "spin": {},
    "sleep": {"OMP_WAIT_POLICY": "passive"},
    "spin a little": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"},
    "spin longer": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "4000"},
}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in POLICIES["spin a little"]}
ENVIRONMENT |= {"PYTHONPATH": str(ROOT / "src")}


def start(stage: str, directory: Path, policy: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"beamline.{stage}"],
        cwd=directory,
        env=ENVIRONMENT | POLICIES[policy],
        stdout=subprocess.DEVNULL,
    )


def turn(stage: str, prepared: Path, workers: int, policy: str) -> float:
    """Return the seconds until `workers` at once have run the stage, each in a copy of `prepared`."""
    with tempfile.TemporaryDirectory() as name:
        copies = [Path(shutil.copytree(prepared, Path(name, str(number)))) for number in range(workers)]
        begun = time.perf_counter()
        for running in [start(stage, directory, policy) for directory in copies]:
            if running.wait() != 0:
                raise SystemExit(f"{stage} failed; its message is above")
        return time.perf_counter() - begun


def main(
    stage: Annotated[str, typer.Argument(help="train or diagnose.")] = "train",
    rounds: Annotated[int, typer.Option(help="Turns of each policy.")] = 3,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        prepared = Path(name)
        yaml = YAML()
        params = yaml.load(ROOT / "params.yaml")
        params["data"]["path"] = str(ROOT / params["data"]["path"])
        if stage == "train":
            params["train"]["num_train_epochs"] = 1
        else:
            for output in ("data/prepared", "models", "plots", "metrics", "reports"):
                shutil.copytree(ROOT / output, prepared / output)
        yaml.dump(params, prepared / "params.yaml")
        if stage == "train" and start("prepare", prepared, "spin").wait() != 0:
            raise SystemExit(1)
        loads = {"alone": 1, "two at once": 2}
        seconds: dict[tuple[str, str], list[float]] = {(load, policy): [] for load in loads for policy in POLICIES}
        for _ in range(rounds):
            for (load, policy), times in seconds.items():
                times.append(turn(stage, prepared, loads[load], policy))
    print(f"| {stage} | {' | '.join(POLICIES)} |\n| --- |{' ---: |' * len(POLICIES)}")
    for load in loads:
        cells = []
        for policy in POLICIES:
            pairs = zip(seconds[load, policy], seconds[load, "spin"], strict=True)
            ratio = statistics.median(ours / other for ours, other in pairs)
            cells.append(f"{statistics.median(seconds[load, policy]):.1f} s, {ratio:.2f} ×")
        print(f"| {load} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
