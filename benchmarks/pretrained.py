"""The rows of docs/pretrained.md: SmolLM2-135M as it is, through adapters and in full, beside a model from nothing.

    python benchmarks/pretrained.py DIALOGSUM DIRECTORY [ROW ...]

DIALOGSUM: a directory with DialogSum's train, dev and test. DIRECTORY: where each row has its own, with params.yaml,
data and results. Validation is the first 100 dialogues of dev; test is whole. A row that is done is not run again, and
one that was killed goes on. Writes results.json as each row ends, and prints a table of what is done.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
VALIDATION = 100
FULL = {"train.lora.rank": 0, "train.learning_rate": 0.00005}
ONE_CHECKPOINT = {"evaluate.validation_dialogues": 20}  # there is none to choose from
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "adapters, 500 dialogues": ("smollm2-135m", {"train.max_examples": 500, **ONE_CHECKPOINT}),
    "as it is": ("smollm2-135m", {"train.num_train_epochs": 0, **ONE_CHECKPOINT}),
    "from nothing, 2000 dialogues": ("scratch", {"train.max_examples": 2000}),
    "from nothing, 500 dialogues": ("scratch", {"train.max_examples": 500, "train.warmup_steps": 60}),
    "adapters, 2000 dialogues": (
        "smollm2-135m",
        {"train.max_examples": 2000, "train.warmup_steps": 25, **ONE_CHECKPOINT},
    ),
    "adapters, 2000 dialogues, 2 epochs": (
        "smollm2-135m",
        {"train.max_examples": 2000, "train.warmup_steps": 25, "train.num_train_epochs": 2, **ONE_CHECKPOINT},
    ),
    "all weights, 500 dialogues": ("smollm2-135m", {"train.max_examples": 500, **FULL, **ONE_CHECKPOINT}),
}
STAGES = ("prepare", "train", "evaluate", "diagnose")


def main() -> None:
    data, directory, *names = sys.argv[1:]
    root = Path(directory).resolve()
    dialogues = cut_validation(Path(data), root / "data")
    results: dict[str, dict[str, Any]] = {}
    for name in names or ROWS:
        results[name] = run(name, dialogues, root / name.replace(" ", "-").replace(",", ""))
        (root / "results.json").write_text(json.dumps(results, indent=2) + "\n")
        print("".join(f"| {row} | {' | '.join(map(str, result.values()))} |\n" for row, result in results.items()))


def cut_validation(data: Path, target: Path) -> Path:
    """Return a directory with DialogSum, its validation split cut to the first dialogues."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("train.jsonl", "dev.jsonl", "test.jsonl"):
        with (data / name).open(encoding="utf-8") as lines:
            kept = islice(lines, VALIDATION if name == "dev.jsonl" else None)
            (target / name).write_text("".join(kept), encoding="utf-8")
    return target


def run(name: str, data: Path, directory: Path) -> dict[str, Any]:
    """Run the stages of a row that aren't done, and return its results; times in minutes, memory in GB."""
    if (directory / "row.json").exists():
        return dict(json.loads((directory / "row.json").read_text()))
    directory.mkdir(parents=True, exist_ok=True)
    preset, changes = ROWS[name]
    if not (directory / "params.yaml").exists():
        shutil.copy(ROOT / "params.yaml", directory)
        stage(directory, "-c", f"from beamline.models.presets import apply_preset; apply_preset({preset!r})")
        set_params(directory / "params.yaml", {"data.path": str(data), "data.leakage": "warn", **changes})
    spent = {}
    for part in STAGES:
        finished = directory / f"{part}.json"
        if not finished.exists():
            finished.write_text(json.dumps(stage(directory, "-m", f"beamline.{part}")))
        spent[part] = json.loads(finished.read_text())
    test = json.loads((directory / "metrics/rouge.json").read_text())["test"]
    trained = json.loads((directory / "metrics/train.json").read_text())
    low, high = test["rouge1_f_interval"]
    result = {
        "rouge1": f"{100 * test['rouge1_f']:.1f}",
        "interval": f"{100 * low:.1f} to {100 * high:.1f}",
        "rouge2": f"{100 * test['rouge2_f']:.1f}",
        "rougeL": f"{100 * test['rougeL_f']:.1f}",
        "validation_loss": f"{trained['validation_loss']:.3f}",
        "verdict": json.loads((directory / "metrics/diagnosis.json").read_text())["verdict"],
        **{f"{part} minutes": f"{wall / 60:.1f}" for part, (wall, _, _) in spent.items()},
        **{f"{part} CPU minutes": f"{cpu / 60:.1f}" for part, (_, cpu, _) in spent.items()},
        "peak GB": f"{max(memory for _, _, memory in spent.values()) / 2**20:.1f}",
    }
    (directory / "row.json").write_text(json.dumps(result))
    return result


def stage(directory: Path, *arguments: str) -> tuple[float, float, int]:
    """Run Python with the sources of this checkout; seconds, CPU seconds, and the peak memory of a process in KiB."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=directory, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{directory}: {' '.join(arguments)} ended with {status}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


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
