"""Draw benchmarks/scale.svg from benchmarks/scale.json, which benchmarks/scale.py writes.

    pip install matplotlib==3.11.2
    python tools/plot_scale.py

matplotlib is not a requirement of the project, because only pictures need it.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
COLORS = {"prepare": "#2f6f9f", "train": "#c2571a"}


def main() -> None:
    measured = json.loads((BENCHMARKS / "scale.json").read_text(encoding="utf-8"))
    rows, start = measured["rows"], measured["start"]["prepare"]["wall"]
    sizes = [row["dialogues"] for row in rows]
    plt.rcParams |= {"svg.hashsalt": "scale", "font.family": "DejaVu Sans", "font.size": 11}
    figure, (time, memory) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    time.loglog(sizes, [row["prepare"]["wall"] - start for row in rows], "o-", color=COLORS["prepare"])
    time.set_ylabel("seconds of prepare, without the start")
    time.set_title(f"Time: slope {measured['slope']:.2f}", fontweight="bold")
    for stage, label in (("prepare", "prepare"), ("train", "training, 200 steps")):
        megabytes = [row[stage]["memory"] for row in rows]
        memory.semilogx(sizes, megabytes, "o-", color=COLORS[stage], label=label)
    memory.set_ylim(0)
    memory.set_ylabel("highest memory, MB")
    memory.set_title("Memory", fontweight="bold")
    memory.legend(frameon=False, loc="lower right")
    for panel in (time, memory):
        panel.set_xlabel("dialogues")
        panel.grid(alpha=0.3)
    figure.savefig(BENCHMARKS / "scale.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
