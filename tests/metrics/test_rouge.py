"""ROUGE against rouge-score itself, against the authors' outputs, and for twelve ways of writing."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score import rouge_scorer

from beamline.comparison.scoring import DEFAULTS
from beamline.core.errors import BeamlineError
from beamline.metrics import Corpus
from beamline.metrics import tokenizers as rouge_tokenizers
from beamline.metrics.rouge import SCORES, TYPES, RougeScorer, prepare_text, split_sentences
from beamline.metrics.tokenizers import Characters, English, Words, korean_is_installed


def corpus_of(references, *, tokenizer="auto", stemmer=True, multi="mean", minimum_coverage=0.9):
    params = DEFAULTS.model_copy(
        update={"tokenizer": tokenizer, "stemmer": stemmer, "references": multi, "minimum_coverage": minimum_coverage}
    )
    return Corpus(params, references)


def build(references, **settings):
    return RougeScorer(corpus_of(references, **settings))


def score_one(reference, prediction, **settings):
    return build([[reference]], **settings).score([prediction]).headline.means()


@pytest.fixture(scope="module")
def bart(dialogsum):
    """The 500 outputs of DialogSum's own BART-large, and their three references each."""
    rows = [json.loads(line) for line in (dialogsum / "test.jsonl").read_text(encoding="utf-8").split("\n") if line]
    references = [[row["summary1"], row["summary2"], row["summary3"]] for row in rows]
    return (dialogsum / "bart_large_outputs.txt").read_text(encoding="utf-8").split("\n"), references


@pytest.mark.slow
def test_bart_large_has_its_known_scores(bart):
    """rouge_score 0.1.2 with the default tokenizer and Porter's stemmer: see the README of shared/dialogsum."""
    predictions, references = bart
    scorer = build([[texts[0]] for texts in references])
    means = scorer.score(predictions).headline.means()
    measured = [100 * means[name] for name in ("rouge1_f", "rouge2_f", "rougeL_f")]
    assert measured == pytest.approx([45.909, 21.320, 38.710], abs=0.01)
    assert (scorer.corpus.tokenizer.name, scorer.corpus.coverage) == ("english", 1)


@pytest.mark.slow
@pytest.mark.parametrize("stemmer", [True, False])
def test_mean_and_best_are_rouge_scores_own(bart, stemmer):
    predictions, references = bart
    theirs = rouge_scorer.RougeScorer(TYPES, use_stemmer=stemmer)
    sentences = [["\n".join(split_sentences(text)) for text in texts] for texts in references]  # rougeLsum wants them
    predicted_sentences = ["\n".join(split_sentences(text)) for text in predictions]
    per_reference = [
        [theirs.score(reference, prediction) for reference in texts]
        for texts, prediction in zip(sentences, predicted_sentences, strict=True)
    ]
    multi = [theirs.score_multi(texts, text) for texts, text in zip(sentences, predicted_sentences, strict=True)]
    plain = [theirs.score_multi(texts, text) for texts, text in zip(references, predictions, strict=True)]

    result = build(references, stemmer=stemmer).score(predictions)
    for index, rouge_type in enumerate(TYPES):
        mean = np.array([[score[rouge_type] for score in scores] for scores in per_reference]).mean(axis=1)
        best = np.array([scores[rouge_type] for scores in multi])
        for side, ours in enumerate(("precision", "recall", "f")):
            np.testing.assert_allclose(getattr(result.mean, ours)[:, index], mean[:, side], rtol=0, atol=1e-9)
            np.testing.assert_allclose(getattr(result.best, ours)[:, index], best[:, side], rtol=0, atol=1e-9)
        if rouge_type != "rougeLsum":  # cutting into sentences changes nothing else
            raw = [scores[rouge_type].fmeasure for scores in plain]
            np.testing.assert_allclose(result.best.f[:, index], raw, rtol=0, atol=1e-9)


def test_rouge_f_is_the_mean_of_rouge_1_2_and_l():
    columns = build([["a b c d"], ["e f"]]).score(["a b d c", "e g"]).headline.columns()
    assert list(columns) == list(SCORES)
    expected = (columns["rouge1_f"] + columns["rouge2_f"] + columns["rougeL_f"]) / 3
    np.testing.assert_allclose(columns["rouge_f"], expected)


def test_headline_is_the_one_asked_for_and_both_are_there():
    references, predictions = [["a b", "c d"]], ["a b"]
    mean = build(references, multi="mean").score(predictions)
    best = build(references, multi="best").score(predictions)
    assert mean.headline.means()["rouge1_f"] == mean.mean.means()["rouge1_f"] == 0.5
    assert best.headline.means()["rouge1_f"] == mean.best.means()["rouge1_f"] == 1


# Language: a sentence, one that shares about half of it, one that shares nothing. Written for this test.
SCRIPTS = {
    "german": (
        "Über die Brücke führt ein schöner Weg nach Süden.",
        "Über die Brücke führt heute kein Bus.",
        "Morgen kauft Jürgen frische Äpfel.",
    ),
    "vietnamese": ("Hôm nay trời đẹp và chúng tôi đi dạo.", "Hôm nay trời mưa nên họ ở nhà.", "Bạn ấy thích ăn phở."),
    "russian": (
        "Анна купила новый велосипед вчера вечером.",
        "Анна купила старый автомобиль вчера.",
        "Дети играют во дворе.",
    ),
    "greek": ("Η Μαρία διαβάζει ένα βιβλίο στον κήπο.", "Η Μαρία γράφει ένα γράμμα.", "Τα παιδιά τρέχουν γρήγορα."),
    "arabic": ("كَتَبَ الوَلَدُ رِسَالَةً إِلَى أُمِّهِ.", "كَتَبَ الوَلَدُ دَرْسًا.", "يلعب الأطفال كرة القدم."),
    "hebrew": ("הַיֶּלֶד קָרָא סֵפֶר בַּגִּנָּה אֶתְמוֹל.", "הַיֶּלֶד קָרָא מכתב.", "אנחנו אוהבים מוזיקה."),
    "hindi": ("राम ने कल बाज़ार से ताज़ी सब्ज़ियाँ खरीदीं।", "राम ने कल नई किताब पढ़ी।", "बच्चे मैदान में खेलते हैं।"),
    "bengali": ("রিনা গতকাল বাজার থেকে মাছ কিনেছে।", "রিনা গতকাল স্কুলে গিয়েছে।", "ছেলেরা মাঠে খেলছে।"),
    "thai": ("แม่ทำกับข้าวในครัว", "แม่ทำความสะอาดบ้าน", "หิมะตก"),
    "korean": ("민수는 아침마다 공원에서 달리기를 한다.", "민수는 아침마다 신문을 읽는다.", "비가 많이 왔어요."),
    "chinese": ("小明昨天在图书馆借了三本书。", "小明昨天去公园跑步。", "猫喜欢吃鱼。"),
    "japanese": ("田中さんは毎朝コーヒーを飲みます。", "田中さんは毎朝新聞を読みます。", "雨だった。"),
    "emoji": ("Tom 🍕 ordered 12 pizzas for 30 people 😀.", "Tom 🍕 ordered 7 salads.", "We 🎉 won!"),
}


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_script_is_seen(language):
    text, half, other = SCRIPTS[language]
    scorer = build([[text]] * 3)
    assert scorer.corpus.coverage >= 0.99
    columns = scorer.score([text, half, other]).headline.columns()
    for name in SCORES:
        same, shared, nothing = columns[name]
        assert same == pytest.approx(1)
        assert 0.1 < shared < 0.9
        assert nothing == 0


def test_every_script_is_seen_without_a_morphological_analyser(monkeypatch):
    monkeypatch.setattr(rouge_tokenizers, "korean_is_installed", lambda: False)
    test_every_script_is_seen("korean")


# The table of shared/DESIGN.md: reference, prediction, rouge_score's ROUGE-1 with its default tokenizer.
WRONG = ("#Person1#은 #Person2#에게 병원에 가라고 권한다.", "#Person1#은 #Person2#와 피자를 먹는다.", 1.0)
PERFECT = ("병원에 가서 건강검진을 받는다.", "병원에 가서 건강검진을 받는다.", 0.0)


@pytest.mark.parametrize(("reference", "prediction", "blind"), [WRONG, PERFECT])
def test_blind_metric_reports_an_error_instead_of_a_number(reference, prediction, blind):
    theirs = rouge_scorer.RougeScorer(["rouge1"], use_stemmer=True)
    assert theirs.score(reference, prediction)["rouge1"].fmeasure == blind
    with pytest.raises(BeamlineError) as caught:
        build([[reference]], tokenizer="english")
    best = "korean" if korean_is_installed() else "words"
    assert str(caught.value).startswith("references: the 'english' tokenizer throws away 100.0% of their letters")
    assert "병원에" in str(caught.value)
    assert str(caught.value).endswith(f"more than the allowed 10.0%; set rouge.tokenizer (--tokenizer) to '{best}'")
    assert "\n" not in str(caught.value)


def test_the_wrong_summary_scores_low_and_the_perfect_one_1():
    for tokenizer in ("auto", "words", "characters"):
        assert 0.2 < score_one(*WRONG[:2], tokenizer=tokenizer)["rouge1_f"] < 0.75
        assert score_one(*WRONG[:2], tokenizer=tokenizer)["rouge2_f"] < 0.5
        assert score_one(*PERFECT[:2], tokenizer=tokenizer)["rouge1_f"] == pytest.approx(1)


def test_coverage_error_names_another_tokenizer_than_the_one_in_use():
    with pytest.raises(BeamlineError, match=r"'english' .* 0\.5% .*\(for instance café\).* 0\.0%; set .* to 'words'$"):
        build([["He left early, and she went to the other place. " * 6 + "A café"]], minimum_coverage=1.0)


def test_minimum_coverage_decides_what_is_too_little():
    assert build([["Müll"]], tokenizer="english", minimum_coverage=0.75).corpus.coverage == 0.75
    with pytest.raises(BeamlineError, match=r"throws away 25\.0%"):
        build([["Müll"]], tokenizer="english", minimum_coverage=0.76)


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ([], "references: there are none; at least one example is needed"),
        ([["a"], []], "references: example 2 has none; give it at least one"),
        ([[""], ["#Person1#"]], "references: no letter or digit in any of them besides speaker tags; nothing to score"),
    ],
)
def test_references_that_cannot_be_scored_are_an_error(references, message):
    with pytest.raises(BeamlineError) as caught:
        build(references)
    assert str(caught.value) == message


def test_as_many_predictions_as_examples():
    with pytest.raises(BeamlineError, match="1 of them for 2 examples"):
        build([["a"], ["b"]]).score(["a"])


def test_undefined_pairs_score_0():
    # Empty prediction; one of two references empty; no tokens; both empty; one token each; one token against two.
    references = [["a b c"], ["", "a b c"], ["?!"], [""], ["a"], ["a b"]]
    predictions = ["", "a b c", "a b", "", "a", "a"]
    columns = build(references).score(predictions).mean.columns()
    expected = {
        "rouge1_f": [0, 0.5, 0, 0, 1, 2 / 3],
        "rouge2_f": [0, 0.5, 0, 0, 0, 0],
        "rougeL_f": [0, 0.5, 0, 0, 1, 2 / 3],
        "rougeLsum_f": [0, 0.5, 0, 0, 1, 2 / 3],
    }
    for name, scores in expected.items():
        np.testing.assert_allclose(columns[name], scores)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He left. She stayed! Why? 3.5 p.m", ["He left.", "She stayed!", "Why?", "3.5 p.m"]),
        ('"Go." He went… (Slowly.) Yes', ['"Go."', "He went…", "(Slowly.)", "Yes"]),
        ("他走了。“再见！”她说？", ["他走了。", "“再见！”", "她说？"]),
        ("वह गया। वह आई॥", ["वह गया।", "वह आई॥"]),
        ("ذهب؟ نعم. لا", ["ذهب؟", "نعم.", "لا"]),
        ("one\n\n two\n", ["one", " two"]),
        ("", []),
    ],
)
def test_sentences_of_every_script(text, sentences):
    assert split_sentences(text) == sentences


def test_rouge_lsum_takes_sentences_in_any_order_in_every_script():
    for first, second in [
        ("Anna reads a book.", "Tom sleeps."),
        ("安娜在看书。", "汤姆睡觉。"),
        ("राम गया।", "सीता आई।"),
    ]:
        means = score_one(f"{first} {second}", f"{second} {first}")
        assert means["rougeLsum_f"] == pytest.approx(1)
        assert means["rougeL_f"] < 1


def test_preparing_shows_what_is_compared():
    assert prepare_text("#Person1# walks. Über", English(stemmer=True)) == "person1 walk\nber"
    assert prepare_text("#Person1# walks. Über", Words()) == "person1 walks\nüber"
    assert prepare_text("Walks, again", corpus_of([["one"]]).tokenizer) == "walk again"


# Few letters, so that texts share some; sentences, tags, an accent and an emoji.
texts = st.text(alphabet="abcd é.!\n漢字#1🍕", max_size=30)
references_and_prediction = st.tuples(st.lists(texts, min_size=1, max_size=3), texts)
corpora = st.lists(references_and_prediction, min_size=1, max_size=6)
tokenizers = st.sampled_from(["english", "words", "characters"])


def score_corpus(corpus, tokenizer):
    corpus = [*corpus, (["a b"], "b")]  # something to cover
    scorer = build([texts for texts, _ in corpus], tokenizer=tokenizer, minimum_coverage=0.0)
    return scorer.score([prediction for _, prediction in corpus])


@given(corpora, tokenizers)
def test_scores_lie_between_0_and_1(corpus, tokenizer):
    result = score_corpus(corpus, tokenizer)
    for scores in (result.mean, result.best):
        for side in (scores.precision, scores.recall, scores.f):
            assert side.shape == (len(corpus) + 1, len(TYPES))
            assert side.min() >= 0
            assert side.max() <= 1
    assert (result.mean.f <= result.best.f + 1e-12).all()


@given(texts, texts, tokenizers)
def test_f_is_symmetric_and_precision_and_recall_trade_places(one, other, tokenizer):
    forward = score_corpus([([one], other)], tokenizer).mean
    backward = score_corpus([([other], one)], tokenizer).mean
    # Without rougeLsum, which looks for each reference sentence in the whole prediction and so has a direction.
    np.testing.assert_allclose(forward.f[:1, :3], backward.f[:1, :3], atol=1e-12)
    np.testing.assert_allclose(forward.precision[:1, :3], backward.recall[:1, :3], atol=1e-12)


@given(corpora, tokenizers, st.randoms())
def test_order_of_the_examples_changes_nothing(corpus, tokenizer, random):
    order = random.sample(range(len(corpus)), len(corpus))
    shuffled = score_corpus([corpus[index] for index in order], tokenizer)
    plain = score_corpus(corpus, tokenizer)
    np.testing.assert_array_equal(shuffled.mean.f[:-1], plain.mean.f[order])
    assert shuffled.mean.means() == pytest.approx(plain.mean.means(), abs=1e-12)


@given(corpora, texts, tokenizers)
def test_another_reference_never_lowers_best(corpus, extra, tokenizer):
    before = score_corpus(corpus, tokenizer).best.f
    after = score_corpus([([*references, extra], prediction) for references, prediction in corpus], tokenizer).best.f
    assert (after >= before).all()


PARAGRAPHS = "Plan\nRest. Drink water!\n\nReturn in 2.5 weeks"


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        ("both", ["Plan", "Rest.", "Drink water!", "Return in 2.5 weeks"]),
        ("newlines", ["Plan", "Rest. Drink water!", "Return in 2.5 weeks"]),
        ("punctuation", ["Plan Rest.", "Drink water!", "Return in 2.5 weeks"]),
    ],
)
def test_sentences_end_where_they_are_asked_to(sentences, expected):
    assert split_sentences(PARAGRAPHS, sentences) == expected
    assert split_sentences("他来了。\n她走了。", "newlines") == ["他来了。", "她走了。"]


@pytest.mark.parametrize("stemmer", [True, False])
def test_newlines_give_exactly_rouge_scores_own_figures(stemmer):
    texts = [
        ("Plan\nRest. Drink a lot.\nReturn soon.", "Plan\nDrink. Rest a lot!\nHe returned sooner."),
        ("One line. Two sentences.", "Two sentences. One line."),
        ("A\n\nB c\nd", "B\nA c\nd d"),
        ("A\u2028b c\x0bd\r\ne", "C\nd\re\u2029a"),
    ]
    rouge = DEFAULTS.model_copy(update={"tokenizer": "english", "stemmer": stemmer, "sentences": "newlines"})
    columns = RougeScorer(Corpus(rouge, [[reference] for reference, _ in texts])).score([text for _, text in texts])
    theirs = rouge_scorer.RougeScorer(TYPES, use_stemmer=stemmer)
    for row, (reference, prediction) in enumerate(texts):
        expected = theirs.score(reference, prediction)
        for rouge_type in TYPES:
            assert columns.headline.columns()[f"{rouge_type}_f"][row] == expected[rouge_type].fmeasure


def test_punctuation_counts_if_it_is_kept():
    dropped, kept = (
        Words(punctuation=punctuation).tokens("#Person1#: Üben, üben!") for punctuation in ("drop", "keep")
    )
    assert dropped == ["person1", "üben", "üben"]
    assert kept == ["person1", ":", "üben", ",", "üben", "!"]
    assert Characters(punctuation="keep").tokens("#Person1#：好 吗？") == ["person1", ":", "好", "吗", "?"]

    def rouge1(punctuation):
        rouge = DEFAULTS.model_copy(update={"punctuation": punctuation})
        return RougeScorer(Corpus(rouge, [["你好，世界。"]])).score(["你好世界"]).headline.columns()["rouge1_f"][0]

    assert rouge1("drop") == 1
    assert rouge1("keep") == pytest.approx(2 * 4 / (4 + 6))


def test_characters_with_punctuation_are_those_of_rouge_score_on_lists_of_characters():
    texts = [
        ("“你好，”小王说：“我们明天去吗？”……", "小王问：“我们明天去公园吗？”"),
        ("他（三十岁）买了2个苹果！", "他三十岁，买了苹果。"),
    ]
    rouge = DEFAULTS.model_copy(update={"punctuation": "keep"})
    scorer = RougeScorer(Corpus(rouge, [[reference] for reference, _ in texts]))
    columns = scorer.score([text for _, text in texts]).headline.columns()
    assert scorer.corpus.tokenizer.name == "characters"
    theirs = rouge_scorer.RougeScorer(TYPES[:3], tokenizer=ListOfCharacters())
    for row, (reference, prediction) in enumerate(texts):
        for rouge_type, score in theirs.score(reference, prediction).items():
            assert columns[f"{rouge_type}_f"][row] == score.fmeasure


class ListOfCharacters:
    def tokenize(self, text):
        return list(text)


@pytest.mark.slow
def test_figures_of_aci_bench_are_its_authors(shared):
    """Their BART-large outputs; ROUGE-1, -2 and Lsum, unstemmed, as their README and paper give them."""
    directory = shared / "real" / "aci-bench"
    predictions, references = (
        [row["note"] for row in csv.DictReader((directory / name).open(encoding="utf-8", newline=""))]
        for name in ("bart_large_outputs_test1.csv", "clinicalnlp_taskB_test1.csv")
    )
    rouge = DEFAULTS.model_copy(update={"stemmer": False, "sentences": "newlines"})
    means = RougeScorer(Corpus(rouge, [[text] for text in references])).score(predictions).headline.means()
    figures = [round(100 * means[name], 2) for name in ("rouge1_f", "rouge2_f", "rougeLsum_f")]
    assert figures == [41.76, 19.20, 34.70]
