"""What each tokenizer makes of a text, which one `auto` takes, and how much of the text it sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamline.core.errors import BeamlineError
from beamline.metrics import tokenizers as rouge_tokenizers
from beamline.metrics.tokenizers import (
    Characters,
    English,
    Words,
    build_tokenizer,
    choose_tokenizer,
    coverage,
    korean_is_installed,
    lost_words,
)

WORDS, CHARACTERS = Words(), Characters()
needs_kiwipiepy = pytest.mark.skipif(not korean_is_installed(), reason="kiwipiepy isn't installed")


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("It's 3.14, not 2,000!", ["it's", "3.14", "not", "2,000"]),
        ("It’s ＡＢＣ ﬁne", ["it's", "abc", "fine"]),
        ("ΟΔΟΣ οδός STRASSE Straße", ["οδοσ", "οδόσ", "strasse", "strasse"]),
        ("में मैं किताब।", ["में", "मैं", "किताब"]),
        ("הַיֶּלֶד קָרָא", ["הַיֶּלֶד", "קָרָא"]),
        ("u\u0308ber", ["über"]),
        ("#Person1#은 #PErson2#: 12 🍕", ["person1", "은", "person2", "12"]),
        ("", []),
        ("?! 🍕 — …", []),
    ],
)
def test_words_are_unicodes_and_keep_their_marks(sentence, tokens):
    assert WORDS.tokens(sentence) == tokens


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("我买了2个。", ["我", "买", "了", "2", "个"]),
        ("ที่ดี", ["ที่", "ดี"]),
        ("か\u3099カ", ["が", "カ"]),
        ("#Person1#说ＯＫ", ["person1", "说", "o", "k"]),
        ("👍🏽！", []),
    ],
)
def test_characters_keep_their_marks_and_a_tag_is_one_token(sentence, tokens):
    assert CHARACTERS.tokens(sentence) == tokens


def test_english_is_rouge_scores_own():
    assert English(stemmer=True).tokens("#Person1# walks to the café") == ["person1", "walk", "to", "the", "caf"]
    assert English(stemmer=False).tokens("#Person1# walks") == ["person1", "walks"]


@needs_kiwipiepy
def test_korean_gives_morphemes_and_a_tag_keeps_its_particle():
    korean = build_tokenizer("korean", stemmer=True)
    assert korean.tokens("#Person1#은 🍕 병원에 갔다.") == ["person1", "은", "병원", "에", "가", "었", "다"]
    assert korean.seen("🍕 병원에 갔다. ABC").split() == ["병원에", "갔다", "abc"]


def test_korean_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(rouge_tokenizers, "korean_is_installed", lambda: False)
    with pytest.raises(BeamlineError, match=r"'korean' needs .* pip install kiwipiepy==\d+\.\d+\.\d+$"):
        build_tokenizer("korean", stemmer=False)
    assert choose_tokenizer(["병원에 가서 검진을 받는다."]) == "words"


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["Tom buys a pizza for 30 people 🍕."], "english"),
        (["He went to the café on the corner, and stayed there until the evening."] * 4, "words"),
        (["He left early."] * 40 + ["She likes the café."], "english"),
        (["Die Straße führt über die Brücke."], "words"),
        (["12 30"], "english"),
        (["他说 OK 了。"], "characters"),
        (["コーヒーを飲む"], "characters"),
        (["ฉันวิ่งเร็ว"], "characters"),
        (["Он купил iPhone"], "words"),
        (["#Person1# #Person2# ты где"], "words"),
    ],
)
def test_auto_goes_by_the_script_of_all_texts_together(texts, name):
    assert choose_tokenizer(texts) == name


@needs_kiwipiepy
def test_auto_takes_morphemes_for_korean():
    assert choose_tokenizer(["병원에 가서 검진을 받는다.", "OK"]) == "korean"


def test_coverage_counts_letters_digits_and_marks_without_tags_and_before_stemming():
    english = English(stemmer=True)
    assert coverage(["The generalization of relational 12"], english) == 1
    assert coverage(["#Person1# 가나 ab"], english) == pytest.approx(2 / 4)
    assert coverage(["Müll"], english) == pytest.approx(3 / 4)
    assert coverage(["में"], WORDS) == 1
    assert coverage(["1️⃣ ❤️ a"], english) == 1
    for name in ("words", "characters", *(["korean"] if korean_is_installed() else [])):
        assert coverage(["ㅋㅋㅋ ㅠㅠ"], build_tokenizer(name)) == 1, "letters of two words are not one letter"


def test_nothing_to_cover_is_an_error():
    for texts in (["", " ?! "], ["#Person1#"], ["🍕"]):
        with pytest.raises(BeamlineError, match="no letter or digit"):
            choose_tokenizer(texts)


def test_lost_words_are_the_first_few_different_ones():
    texts = ["ab 가나, 가나 다라.", "#Person1#은 마 바"]
    assert lost_words(texts, English(stemmer=True)) == ["가나", "다라", "은"]


@given(st.text())
def test_no_token_has_white_space_and_every_letter_survives_words_and_characters(text):
    for tokenizer in (WORDS, CHARACTERS, English(stemmer=True)):
        assert all(token and len(token.split()) == 1 and token.split() == [token] for token in tokenizer.tokens(text))
    text += " a"  # something to cover
    assert coverage([text], WORDS) >= 0.5
