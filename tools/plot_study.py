"""Draw docs/study.svg from docs/study.json.

    pip install matplotlib==3.11.2
    python tools/plot_study.py

matplotlib is not a requirement of the project, because only this picture needs it.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt

DOCS = Path(__file__).parents[1] / "docs"
COLORS = {"right": "#2f6f9f", "blind": "#c2571a"}


def main() -> None:
    measured = json.loads((DOCS / "study.json").read_text(encoding="utf-8"))
    cells = [cell for cell in measured if cell["padding"] == "longest"]
    plt.rcParams |= {"svg.hashsalt": "study", "font.family": "DejaVu Sans", "font.size": 11}
    figure, panels = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for panel, corpus in zip(panels, ("korean", "english"), strict=True):
        default = {}  # the score of params.yaml as committed, by tokenizer
        for shift, tokenizer in ((-0.12, "right"), (0.12, "blind")):
            shown = [cell for cell in cells if (cell["corpus"], cell["tokenizer"]) == (corpus, tokenizer)]
            chosen = [cell for cell in shown if cell["seed"] == 42]
            scores = [100 * cell["rouge_f"] for cell in chosen]
            below = [100 * (cell["rouge_f"] - cell["low"]) for cell in chosen]
            above = [100 * (cell["high"] - cell["rouge_f"]) for cell in chosen]
            places = [number + shift for number in range(len(chosen))]
            panel.errorbar(
                places, scores, yerr=[below, above], fmt="o", capsize=4, color=COLORS[tokenizer],
                label=f"{tokenizer} tokenizer",
            )  # fmt: skip
            default[tokenizer] = scores[0]
        names = [f"{cell['labels']},\n{cell['beams']} beam{'s' * (cell['beams'] > 1)}" for cell in chosen]
        for seed in (1, 2):
            others = [100 * cell["rouge_f"] for cell in cells if (cell["corpus"], cell["seed"]) == (corpus, seed)]
            panel.plot(
                [number - 0.2 - 0.06 * seed for number in range(len(others))], others, "o", markersize=4,
                markerfacecolor="none", color=COLORS["right"],
                label="right tokenizer, two more trainings" if seed == 1 else None,
            )  # fmt: skip
        panel.set_xticks(range(len(names)), names)
        panel.set_xlabel("padding in the labels, beams")
        told = f"{default['blind']:.0f} reported, {default['right']:.0f} true"
        same = abs(default["blind"] - default["right"]) < 1
        panel.set_title(f"{corpus.capitalize()}: {'both tokenizers agree' if same else told}", fontweight="bold")
        panel.grid(axis="y", alpha=0.3)
        panel.set_ylim(0, 80)
    panels[0].set_ylabel("test rouge_f × 100, 95 % interval")
    panels[0].legend(frameon=False, loc="lower left")
    figure.savefig(DOCS / "study.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
