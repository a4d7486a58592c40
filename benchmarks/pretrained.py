"""The rows of docs/pretrained.md: SmolLM2-135M as it is, through adapters and in full, beside a model from nothing.

    python benchmarks/pretrained.py DIALOGSUM DIRECTORY [ROW ...]

DIALOGSUM: a directory with DialogSum's train, dev and test. DIRECTORY: where each row has its own, with params.yaml,
data and results. A row that is done is not run again, and one that was killed goes on. Prints a table of what is done.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
LARGE = {"train.num_train_epochs": 3, "train.warmup_steps": 60}
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "as it is": ("smollm2-135m", {"train.num_train_epochs": 0}),
    "adapters, 500 dialogues": ("smollm2-135m", {"train.max_examples": 500}),
    "adapters, 2000 dialogues": ("smollm2-135m", {"train.max_examples": 2000, **LARGE}),
    "all weights, 500 dialogues": (
        "smollm2-135m",
        {"train.max_examples": 500, "train.lora.rank": 0, "train.learning_rate": 0.00005},
    ),
    "from nothing, 500 dialogues": ("scratch", {"train.max_examples": 500, "train.warmup_steps": 60}),
    "from nothing, 2000 dialogues": ("scratch", {"train.max_examples": 2000}),
}
STAGES = ("prepare", "train", "evaluate", "diagnose")


def main() -> None:
    data, directory, *rows = sys.argv[1:]
    for name in rows or ROWS:
        run(name, Path(data).resolve(), Path(directory).resolve() / name.replace(" ", "-").replace(",", ""))
    print("| row | " + " | ".join(("rouge1", "interval", "rouge2", "rougeL", "minutes", "peak GB")) + " |")
    for name in rows or ROWS:
        done = Path(directory) / name.replace(" ", "-").replace(",", "") / "row.json"
        if done.exists():
            print(f"| {name} | " + " | ".join(json.loads(done.read_text())) + " |")


def run(name: str, data: Path, directory: Path) -> None:
    """Run the stages of a row that aren't done, and write row.json."""
    if (directory / "row.json").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    preset, changes = ROWS[name]
    if not (directory / "params.yaml").exists():
        shutil.copy(ROOT / "params.yaml", directory)
        stage(directory, "-c", f"from beamline.models.presets import apply_preset; apply_preset({preset!r})")
        set_params(directory / "params.yaml", {"data.path": str(data), "data.leakage": "warn", **changes})
    seconds, peak = 0.0, 0
    for part in STAGES:
        finished = directory / f"{part}.json"
        if not finished.exists():
            start = time.monotonic()
            memory = stage(directory, "-m", f"beamline.{part}")
            finished.write_text(json.dumps([time.monotonic() - start, memory]))
        spent, memory = json.loads(finished.read_text())
        seconds, peak = seconds + spent, max(peak, memory)
    scores = json.loads((directory / "metrics/rouge.json").read_text())
    test = scores["test"]
    low, high = test["rouge1_f_interval"]
    shown = [f"{100 * test['rouge1_f']:.1f}", f"{100 * low:.1f} to {100 * high:.1f}"]
    shown += [f"{100 * test[column]:.1f}" for column in ("rouge2_f", "rougeL_f")]
    (directory / "row.json").write_text(json.dumps([*shown, f"{seconds / 60:.0f}", f"{peak / 2**20:.1f}"]))


def stage(directory: Path, *arguments: str) -> int:
    """Run Python with the sources of this checkout, and return the peak memory of its processes in KiB."""
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=directory, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{directory}: {' '.join(arguments)} ended with {status}")
    return usage.ru_maxrss


def set_params(path: Path, values: dict[str, Any]) -> None:
    yaml = YAML()
    document = yaml.load(path)
    for key, value in values.items():
        *sections, last = key.split(".")
        section = document
        for part in sections:
            section = section[part]
        section[last] = value
    yaml.dump(document, path)


if __name__ == "__main__":
    main()
