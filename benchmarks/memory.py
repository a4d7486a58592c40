"""How much memory training takes at its peak: the train stage as committed in params.yaml, in a separate process.

python benchmarks/memory.py [--data DIRECTORY] [--epochs N]

The figure is the resident memory that the kernel saw at its highest (ru_maxrss), imports and all. The allocator's
arenas grow as batches of varying shapes pass, so that more epochs show whether it keeps growing.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]


def peak_bytes(module: str, directory: Path) -> int:
    """Run a stage in `directory`. Return the highest resident memory of it and of earlier child processes."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-m", module], cwd=directory, env=environment, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(
    data: Annotated[Path, typer.Option(help="Dialogues to train on.")] = ROOT / "data" / "english",
    epochs: Annotated[int | None, typer.Option(help="In place of those of params.yaml.", show_default=False)] = None,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        yaml = YAML()
        params = yaml.load(ROOT / "params.yaml")
        params["data"]["path"] = str(data.resolve())
        params["train"]["num_train_epochs"] = epochs or params["train"]["num_train_epochs"]
        yaml.dump(params, directory / "params.yaml")
        peaks = {module: peak_bytes(f"beamline.{module}", directory) for module in ("prepare", "train")}
    print(f"| stage | peak resident memory, {params['train']['num_train_epochs']} epochs |\n| --- | ---: |")
    for module, peak in peaks.items():
        print(f"| {module} | {peak / 1e9:.2f} GB |")
    if peaks["train"] == peaks["prepare"]:
        print("(train's is at most prepare's)")


if __name__ == "__main__":
    typer.run(main)
