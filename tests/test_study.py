"""docs/study.md against the figures that its picture is drawn from."""

import json
from itertools import product

from repository import ROOT

CELLS = json.loads((ROOT / "docs" / "study.json").read_text(encoding="utf-8"))


def test_the_study_has_every_cell_once_and_shows_its_figures() -> None:
    study = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    shown = {
        (each["corpus"], each["labels"], each["beams"], each["tokenizer"]): (
            f"{100 * each['rouge_f']:.2f} ({100 * each['low']:.2f} to {100 * each['high']:.2f})"
        )
        for each in CELLS
    }
    assert len(shown) == len(CELLS) == 16
    for corpus, labels, beams in product(("english", "korean"), ("masked", "unmasked"), (1, 4)):
        right, blind = (shown[corpus, labels, beams, tokenizer] for tokenizer in ("right", "blind"))
        assert f"| `data/{corpus}` | {labels} | {beams} | {right} | {blind} |" in study
