"""How long a person waits for what should be quick: preparing DialogSum, a `dvc repro` with nothing to do, a --help.

python benchmarks/stages.py DIALOGSUM_DIRECTORY [--rounds 5]

Medians over the rounds, in wall and in processor seconds of the command and all that it started: if others use the
machine, the second stays near the truth. Preparation learns a tokenizer of 8,000 tokens and runs as the stage does. The
`dvc repro` runs in a clone of this repository whose files are brought up to date with `dvc commit`, nothing being run.
"""

import os
import resource
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
BOUNDS = {"prepare": 15.0, "dvc repro, nothing to do": 3.0, "beamline score --help": 0.5}


def measure(command: list[str], directory: Path) -> tuple[float, float]:
    """Return wall and processor seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=directory, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prepared_directory(directory: Path, dialogsum: Path) -> Path:
    directory.mkdir()
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"]["path"] = str(dialogsum.resolve())
    params["tokenizer"]["vocabulary_size"] = 8000
    yaml.dump(params, directory / "params.yaml")
    return directory


def finished_clone(directory: Path) -> Path:
    """Clone the last commit, as DVC sees it after every stage, with stand-ins for outputs that git lacks."""

    def run(*command: str) -> None:
        subprocess.run(command, cwd=directory, check=True, capture_output=True)

    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(directory)], check=True)
    pipeline = YAML(typ="safe").load(directory / "dvc.yaml")
    for stage in pipeline["stages"].values():
        for kind in ("outs", "metrics"):
            for out in stage.get(kind, []):
                path = directory / (out if isinstance(out, str) else next(iter(out)))
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text("stands in for an output")
    run(sys.executable, "-m", "dvc", "commit", "--force")
    run(sys.executable, "-m", "dvc", "repro")  # a stage that would run finds no data in its stand-ins, and fails
    return directory


def main(
    dialogsum: Annotated[Path, typer.Argument(metavar="DIALOGSUM_DIRECTORY")],
    rounds: Annotated[int, typer.Option(help="Turns of each command.")] = 5,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        python = [sys.executable, "-m"]
        commands = {
            "prepare": ([*python, "beamline.prepare"], prepared_directory(Path(name, "prepare"), dialogsum)),
            "dvc repro, nothing to do": ([*python, "dvc", "repro"], finished_clone(Path(name, "clone"))),
            "beamline score --help": ([*python, "beamline", "score", "--help"], Path(name)),
        }
        measured: dict[str, list[tuple[float, float]]] = {what: [] for what in commands}
        for _ in range(rounds):
            for what, (command, directory) in commands.items():
                measured[what].append(measure(command, directory))
    print("| what | wall seconds | processor seconds | bound |\n| --- | ---: | ---: | ---: |")
    for what, pairs in measured.items():
        wall, processor = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"| {what} | {wall:.2f} | {processor:.2f} | {BOUNDS[what]:g} |")


if __name__ == "__main__":
    typer.run(main)
