"""Characters that nobody sees change no score, except joiners that change the word."""

import sys

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beamline.comparison.scoring import DEFAULTS
from beamline.metrics import Scorer
from beamline.metrics.invisible import drop_invisible
from beamline.metrics.tokenizers import build_tokenizer, choose_tokenizer, korean_is_installed

ZWNJ, ZWJ = "\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"
IGNORABLE = [chr(code) for code in range(sys.maxunicode) if regex.match(r"\p{Default_Ignorable_Code_Point}", chr(code))]

# A sentence in each of 23 scripts and two languages of the Burmese one, written for this test.
SENTENCES = {
    "Arabic": "ذهب الولد إلى السوق واشترى خبزا.",
    "Armenian": "Տղան գնաց շուկա և հաց գնեց։",
    "Bengali": "ছেলেটি বাজারে গিয়ে রুটি কিনল।",
    "Burmese": "ကလေးက ဈေးသွားပြီး ပေါင်မုန့် ဝယ်တယ်။",
    "Cherokee": "ᎠᏧᏣ ᎦᏓ ᏭᎶᏒ ᎠᎩᏍᎥᎩ.",
    "Cyrillic": "Мальчик пошёл на рынок и купил хлеб.",
    "Devanagari": "लड़का बाज़ार गया और रोटी खरीदी।",
    "Ethiopic": "ልጁ ወደ ገበያ ሄዶ ዳቦ ገዛ።",
    "Georgian": "ბიჭი ბაზარში წავიდა და პური იყიდა.",
    "Greek": "Το αγόρι πήγε στην αγορά και πήρε ψωμί.",
    "Gujarati": "છોકરો બજારમાં ગયો અને રોટલી ખરીદી.",
    "Han": "男孩去市场买了面包。",
    "Hangul": "소년은 시장에 가서 빵을 샀다.",
    "Hebrew": "הילד הלך לשוק וקנה לחם.",
    "Japanese": "少年は市場へ行ってパンを買った。",
    "Kannada": "ಹುಡುಗ ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗಿ ಬ್ರೆಡ್ ಖರೀದಿಸಿದ.",
    "Khmer": "ក្មេងប្រុសទៅផ្សារ ទិញនំប៉័ង។",
    "Lao": "ເດັກຊາຍໄປຕະຫຼາດ ຊື້ເຂົ້າຈີ່.",
    "Latin": "Der Junge ging über die Straße und kaufte Brot.",
    "Shan": "လုၵ်ႈဢွၼ်ႇ ၵႂႃႇၵၢတ်ႇ သိုဝ်ႉ ၶဝ်ႈမုၼ်း။",
    "Sinhala": "පිරිමි ළමයා වෙළඳපොළට ගොස් පාන් මිලදී ගත්තේය.",
    "Tamil": "சிறுவன் சந்தைக்குச் சென்று ரொட்டி வாங்கினான்.",
    "Thai": "เด็กชายไปตลาดแล้วซื้อขนมปัง",
    "Tibetan": "བུ་ཁྲོམ་ལ་ཕྱིན་ནས་བག་ལེབ་ཉོས།",
}


def score(prediction: str, reference: str, tokenizer: str = "auto") -> dict[str, float]:
    scorer = Scorer(DEFAULTS.model_copy(update={"tokenizer": tokenizer}), [[reference]], seed=42)
    means = scorer.score([prediction]).means()
    return {name: mean for name, mean in means.items() if name.startswith("rouge")}


@pytest.mark.parametrize("script", SENTENCES)
@settings(max_examples=20)
@given(marks=st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from(IGNORABLE)), min_size=1, max_size=6))
@example(marks=[(number, after, mark) for number in range(30) for after in (True, False) for mark in "\u200b\u200d"])
@example(marks=[(number, True, "\u200c") for number in range(30)])
def test_an_ignorable_character_before_or_after_a_word_changes_no_score(
    script: str, marks: list[tuple[int, bool, str]]
) -> None:
    sentence = SENTENCES[script]
    words = sentence.split()
    for number, after, mark in marks:
        place = number % len(words)
        words[place] = words[place] + mark if after else mark + words[place]
    marked = " ".join(words)
    assert score(marked, sentence) == score(sentence, marked) == score(sentence, sentence)
    assert score(sentence, sentence)["rouge1_f"] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Die Wasser\N{SOFT HYPHEN}werke sind müde.", "Die Wasserwerke sind müde."),
        ("\N{RIGHT-TO-LEFT MARK}הילד\N{RIGHT-TO-LEFT MARK} הלך.\N{RIGHT-TO-LEFT MARK} הוא שב.", "הילד הלך. הוא שב."),
        ("รถ\N{ZERO WIDTH SPACE}ไฟ", "รถไฟ"),
        (f"র{ZWJ}্যাংক", "র্যাংক"),  # before the virama
        (f"در{ZWNJ}ها", "درها"),  # after a letter that never joins the next one
        (f"ab{ZWNJ}cd über", "abcd über"),
        (f"क{ZWJ}ख", "कख"),  # no virama
        ("u\N{COMBINING GRAPHEME JOINER}\N{COMBINING DIAERESIS}ber", "über"),
        ("❤\N{VARIATION SELECTOR-16} सच", "❤ सच"),
    ],
)
def test_texts_that_look_the_same_score_1(first: str, second: str) -> None:
    for tokenizer in ("words", "characters", *(["korean"] if korean_is_installed() else [])):
        assert score(first, second, tokenizer)["rouge1_f"] == score(second, first, tokenizer)["rouge1_f"] == 1


@pytest.mark.parametrize(
    "word",
    [
        f"می{ZWNJ}خواهد",  # Persian: the letters would join
        f"क्{ZWNJ}ष",  # Devanagari: the virama is visible
        f"ක්{ZWJ}ර",  # Sinhala: a conjunct
        f"മന്{ZWNJ}റ",  # Malayalam
    ],
)
def test_a_joiner_that_changes_the_word_is_kept(word: str) -> None:
    plain = word.replace(ZWNJ, "").replace(ZWJ, "")
    assert score(word, word, "words")["rouge1_f"] == 1
    assert score(plain, word, "words")["rouge1_f"] == 0
    assert drop_invisible(word.replace(ZWNJ, ZWNJ * 2).replace(ZWJ, ZWJ * 2)) == word, "twice is as once"


def test_nothing_else_becomes_ignorable_by_folding() -> None:
    """So it is enough to drop them before compatibility forms and case are folded."""
    words = build_tokenizer("words")
    text = "".join(chr(code) for code in range(sys.maxunicode) if not 0xD800 <= code < 0xE000)
    tokens = words.tokens(drop_invisible(text).replace(ZWNJ, "").replace(ZWJ, ""))
    assert set(IGNORABLE).isdisjoint("".join(tokens))


def test_english_is_rouge_scores_own_and_says_what_it_cuts() -> None:
    scorer = Scorer(DEFAULTS, [["The co\N{SOFT HYPHEN}pilot landed."]], seed=42)
    assert scorer.tokenizer == "english"
    warning = scorer.warn_of_invisible(["The copilot\N{WORD JOINER} landed."])
    assert warning is not None
    assert warning.startswith("2 of 6 words hold invisible characters")
    assert Scorer(DEFAULTS, [["The pilot landed."]], seed=42).warn_of_invisible(["The pilot."]) is None
    emoji = f"The pilot landed \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16} \N{MAN}{ZWJ}\N{AIRPLANE}."
    assert Scorer(DEFAULTS, [[emoji]], seed=42).warn_of_invisible([emoji]) is None
    assert Scorer(DEFAULTS, [["Über\N{SOFT HYPHEN}all."]], seed=42).warn_of_invisible(["x"]) is None


@pytest.mark.parametrize("script", SENTENCES)
def test_auto_takes_a_tokenizer_that_sees_every_letter(script: str) -> None:
    name = choose_tokenizer([SENTENCES[script]])
    unspaced = {"Burmese", "Shan", "Han", "Japanese", "Khmer", "Lao", "Thai"}
    expected = "characters" if script in unspaced else "words"
    assert name == ("korean" if script == "Hangul" and korean_is_installed() else expected)
    assert Scorer(DEFAULTS, [[SENTENCES[script]]], seed=42).coverage == 1
