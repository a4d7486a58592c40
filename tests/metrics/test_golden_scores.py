"""Golden scores: if a change moves one of them, the signature has to say so."""

import numpy as np
import pytest

from beamline.comparison.scoring import DEFAULTS
from beamline.metrics import SCORING_VERSION, Scorer, registered_columns

# Tokenizer: predictions and their references. Written for this test.
EXAMPLES = {
    "english": (
        ["#Person1# asks for a refund, and #Person2# agrees. They meet on Monday.", "Tom walked home.", ""],
        [
            ["#Person1# wants a refund. #Person2# agrees to it.", "They will meet on Monday to talk about a refund."],
            ["Tom walks to his home. It is raining!"],
            ["Nobody answers the phone."],
        ],
    ),
    "words": (
        ["Über die Brücke führt heute kein Bus.", "민수는 아침마다 신문을 읽는다.", "राम ने कल नई किताब पढ़ी।"],
        [
            ["Über die Brücke führt ein schöner Weg.", "Heute fährt kein Bus über die Brücke."],
            ["민수는 아침마다 공원에서 달리기를 한다. 비가 와도 한다."],
            ["राम ने कल बाज़ार से नई किताब खरीदी।"],
        ],
    ),
    "characters": (
        ["小明昨天去公园跑步。他很累。", "田中さんは毎朝新聞を読みます。", "แม่ทำความสะอาดบ้าน"],
        [
            ["小明昨天在图书馆借了三本书。", "昨天小明跑步，他累了。"],
            ["田中さんは毎朝コーヒーを飲みます。"],
            ["แม่ทำกับข้าวในครัว"],
        ],
    ),
}

# Scoring version 2, in which nothing here moved. The ROUGE columns are what Beamline 0.1.0 gave; chrF is what sacrebleu
# 2.6.0 gives, divided by 100.
GOLDEN = {
    ("english", "mean"): {
        "rouge1_f": [0.5227272727272727, 0.5454545454545454, 0.0],
        "rouge2_f": [0.26111111111111107, 0.22222222222222224, 0.0],
        "rougeL_f": [0.43181818181818177, 0.5454545454545454, 0.0],
        "rougeLsum_f": [0.5227272727272727, 0.5454545454545454, 0.0],
        "rouge_f": [0.4052188552188552, 0.4377104377104377, 0.0],
        "chrf": [0.48910032673791415, 0.27967560730145435, 0.0],
    },
    ("english", "best"): {
        "rouge1_f": [0.5454545454545454, 0.5454545454545454, 0.0],
        "rouge2_f": [0.3, 0.22222222222222224, 0.0],
        "rougeL_f": [0.5, 0.5454545454545454, 0.0],
        "rougeLsum_f": [0.5454545454545454, 0.5454545454545454, 0.0],
        "rouge_f": [0.4484848484848485, 0.4377104377104377, 0.0],
        "chrf": [0.5744575199891663, 0.27967560730145435, 0.0],
    },
    ("words", "mean"): {
        "rouge1_f": [0.7142857142857142, 0.3333333333333333, 0.7142857142857143],
        "rouge2_f": [0.5, 0.2, 0.5],
        "rougeL_f": [0.5, 0.3333333333333333, 0.7142857142857143],
        "rougeLsum_f": [0.5, 0.3333333333333333, 0.7142857142857143],
        "rouge_f": [0.5714285714285714, 0.2888888888888889, 0.6428571428571429],
        "chrf": [0.5936116172539145, 0.23847481202805518, 0.39701031801662223],
    },
    ("words", "best"): {
        "rouge1_f": [0.8571428571428571, 0.3333333333333333, 0.7142857142857143],
        "rouge2_f": [0.5, 0.2, 0.5],
        "rougeL_f": [0.5714285714285714, 0.3333333333333333, 0.7142857142857143],
        "rougeLsum_f": [0.5714285714285714, 0.3333333333333333, 0.7142857142857143],
        "rouge_f": [0.6428571428571429, 0.2888888888888889, 0.6428571428571429],
        "chrf": [0.5960669077280126, 0.23847481202805518, 0.39701031801662223],
    },
    ("characters", "mean"): {
        "rouge1_f": [0.540952380952381, 0.7333333333333334, 0.5333333333333333],
        "rouge2_f": [0.34096109839816935, 0.5714285714285715, 0.21428571428571427],
        "rougeL_f": [0.44571428571428573, 0.7333333333333334, 0.39999999999999997],
        "rougeLsum_f": [0.44571428571428573, 0.7333333333333334, 0.39999999999999997],
        "rouge_f": [0.44254258835494537, 0.6793650793650795, 0.3825396825396825],
        "chrf": [0.15869882523283863, 0.42625496474558405, 0.21624844382197325],
    },
    ("characters", "best"): {
        "rouge1_f": [0.761904761904762, 0.7333333333333334, 0.5333333333333333],
        "rouge2_f": [0.4210526315789474, 0.5714285714285715, 0.21428571428571427],
        "rougeL_f": [0.5714285714285715, 0.7333333333333334, 0.39999999999999997],
        "rougeLsum_f": [0.5714285714285715, 0.7333333333333334, 0.39999999999999997],
        "rouge_f": [0.584795321637427, 0.6793650793650795, 0.3825396825396825],
        "chrf": [0.17648300955103632, 0.42625496474558405, 0.21624844382197325],
    },
}


@pytest.mark.parametrize(("tokenizer", "references"), GOLDEN)
def test_no_score_moves_within_a_scoring_version(tokenizer: str, references: str) -> None:
    predictions, texts = EXAMPLES[tokenizer]
    rouge = DEFAULTS.model_copy(update={"tokenizer": tokenizer, "references": references})
    columns = Scorer(rouge, texts, seed=42).score(predictions).columns
    for name, golden in GOLDEN[tokenizer, references].items():
        moved = (
            f"{name} moved from {golden} to {columns[name].tolist()}: bump SCORING_VERSION, and say so in the changelog"
        )
        assert np.allclose(columns[name], golden, rtol=0, atol=1e-12), moved


def test_every_column_has_golden_scores_of_this_scoring_version() -> None:
    assert SCORING_VERSION == 2, "compute GOLDEN anew, and name the new scoring version above it"
    for golden in GOLDEN.values():
        assert list(golden) == registered_columns()
