"""docs/study.md against the figures that its picture is drawn from."""

import json
import re
from itertools import product

from rouge_score.tokenize import tokenize
from support.repository import ROOT

KEYS = ("corpus", "labels", "padding", "beams", "tokenizer", "seed")
STUDY = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
MEASURED = json.loads((ROOT / "docs" / "study.json").read_text(encoding="utf-8"))
CELLS = {tuple(cell[key] for key in KEYS): cell for cell in MEASURED}
MODELS = list(product(("english", "korean"), ("masked", "unmasked"), (1, 4)))


def test_the_study_has_every_cell_once_and_shows_its_figures() -> None:
    assert len(CELLS) == len(MEASURED) == 16 + 16 + 6  # both tokenizers, two more seeds, padding to the limit
    for corpus, labels, beams in MODELS:
        right, blind = (
            f"{100 * cell['rouge_f']:.2f} ({100 * cell['low']:.2f} to {100 * cell['high']:.2f})"
            for cell in (CELLS[corpus, labels, "longest", beams, tokenizer, 42] for tokenizer in ("right", "blind"))
        )
        assert f"| `data/{corpus}` | {labels} | {beams} | {right} | {blind} |" in STUDY


def test_of_a_korean_reference_the_blind_metric_sees_nothing_but_its_tags() -> None:
    rows = [json.loads(line) for line in (ROOT / "data/korean/test.jsonl").read_text(encoding="utf-8").splitlines()]
    references = [text for row in rows for name, text in row.items() if name.startswith("summary")]
    assert f"{len(references)} references" in STUDY
    assert any(tokenize(text, None) for text in references)
    assert not any(tokenize(re.sub("#[^#]+#", "", text), None) for text in references)


def test_the_study_shows_every_training() -> None:
    models = [(corpus, labels, "longest", beams) for corpus, labels, beams in MODELS]
    models += [(corpus, "unmasked", "max_length", 1) for corpus in ("english", "korean")]
    for corpus, labels, padding, beams in models:
        cells = [CELLS[corpus, labels, padding, beams, "right", seed] for seed in (42, 1, 2)]
        scores = " | ".join(f"{100 * cell['rouge_f']:.2f}" for cell in cells)
        assert f"| `data/{corpus}` | {labels} | `{padding}` | {beams} | {scores} |" in STUDY
