"""chrF is sacrebleu's own, under either way to combine several references."""

import json
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics import CHRF

from beamline.comparison.scoring import DEFAULTS
from beamline.metrics import Corpus
from beamline.metrics.chrf import ChrfMetric

ROUGE = DEFAULTS


def test_best_is_sacrebleus_score_of_several_references_and_mean_that_of_each(dialogsum: Path) -> None:
    lines = (dialogsum / "test.jsonl").read_text(encoding="utf-8").split("\n")[:100]
    references = [[row["summary1"], row["summary2"], row["summary3"]] for row in map(json.loads, lines)]
    predictions = (dialogsum / "bart_large_outputs.txt").read_text(encoding="utf-8").split("\n")[:100]
    scores = ChrfMetric(Corpus(ROUGE, references)).score(predictions, ["chrf"])
    pairs = list(zip(predictions, references, strict=True))
    together = [CHRF().sentence_score(prediction, texts).score for prediction, texts in pairs]
    one_by_one = [[CHRF().sentence_score(prediction, [text]).score for text in texts] for prediction, texts in pairs]
    np.testing.assert_allclose(100 * scores.best["chrf"], together, atol=1e-9)
    np.testing.assert_allclose(100 * scores.mean["chrf"], np.mean(one_by_one, axis=1), atol=1e-9)


@pytest.mark.parametrize(
    ("prediction", "reference", "score"),
    [("병원에 갔다", "병원에 갔다", 1), ("", "a", 0), ("a", "", 0), ("", "", 0), ("a", "a", 1), ("ab", "xy", 0)],
)
def test_equal_texts_score_1_and_a_text_without_characters_0(prediction: str, reference: str, score: float) -> None:
    scores = ChrfMetric(Corpus(ROUGE, [[reference]])).score([prediction], ["chrf"])
    assert scores.mean["chrf"].tolist() == scores.best["chrf"].tolist() == [score]


def test_signature_holds_the_settings_and_sacrebleus_version() -> None:
    assert ChrfMetric(Corpus(ROUGE, [["a"]])).signature() == {"chrf": "c6+w0+b2+v2.6.0"}
