"""Draw docs/study.svg from docs/study.json. pip install matplotlib==3.11.2; python tools/plot_study.py

matplotlib is no requirement of the project: nothing else needs it, and the picture is made once.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt

DOCS = Path(__file__).parents[1] / "docs"
COLOURS = {"right": "#2f6f9f", "blind": "#c2571a"}


def main() -> None:
    measured = json.loads((DOCS / "study.json").read_text(encoding="utf-8"))
    cells = [each for each in measured if each["padding"] == "longest"]
    plt.rcParams |= {"svg.hashsalt": "study", "font.family": "DejaVu Sans", "font.size": 10}
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True, layout="constrained")
    for panel, corpus in zip(panels, ("korean", "english"), strict=True):
        for shift, tokenizer in ((-0.12, "right"), (0.12, "blind")):
            shown = [each for each in cells if (each["corpus"], each["tokenizer"]) == (corpus, tokenizer)]
            chosen = [each for each in shown if each["seed"] == 42]
            scores = [100 * each["rouge_f"] for each in chosen]
            below = [100 * (each["rouge_f"] - each["low"]) for each in chosen]
            above = [100 * (each["high"] - each["rouge_f"]) for each in chosen]
            places = [number + shift for number in range(len(chosen))]
            panel.errorbar(
                places, scores, yerr=[below, above], fmt="o", capsize=4, color=COLOURS[tokenizer],
                label=f"{tokenizer} tokenizer",
            )  # fmt: skip
        names = [f"{each['labels']},\n{each['beams']} beam{'s' * (each['beams'] > 1)}" for each in chosen]
        for seed in (1, 2):
            others = [100 * each["rouge_f"] for each in cells if (each["corpus"], each["seed"]) == (corpus, seed)]
            panel.plot(
                [number - 0.2 - 0.06 * seed for number in range(len(others))], others, "o", markersize=4,
                markerfacecolor="none", color=COLOURS["right"], label="two more trainings" if seed == 1 else None,
            )  # fmt: skip
        panel.set_xticks(range(len(names)), names)
        panel.set_title(f"data/{corpus}")
        panel.grid(axis="y", alpha=0.3)
        panel.set_ylim(0, None)
    panels[0].set_ylabel("test rouge_f × 100, 95 % interval")
    panels[1].legend(frameon=False, loc="lower right")
    figure.savefig(DOCS / "study.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
