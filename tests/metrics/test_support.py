import pytest

from beamline.metrics.support import WordSplitter
from beamline.metrics.tokenizers import WordTokenizer, build_tokenizer

ENGLISH = WordSplitter(build_tokenizer("english", stemmer=True))
WORDS = WordSplitter(build_tokenizer("words", stemmer=False))
CHARACTERS = WordSplitter(build_tokenizer("characters", stemmer=False))
TEXTS = [
    "#Person1#'s flight leaves at 7:30, isn't it?  \n(Yes!)",
    "미나는 3시에 온다.",
    "明天下午3点见。",
    "नमस्ते दुनिया 👍🏽",
    "",
]


@pytest.mark.parametrize("splitter", [ENGLISH, WORDS, CHARACTERS])
@pytest.mark.parametrize("text", TEXTS)
def test_the_pieces_of_a_text_are_the_text(splitter: WordSplitter, text: str) -> None:
    assert "".join(piece.text for piece in splitter.split(text)) == text


def test_a_speaker_tag_is_one_word_with_the_metrics_token() -> None:
    [tag, _, word] = ENGLISH.split("#Person1# leaves")
    assert (tag.text, tag.tokens) == ("#Person1#", ("person1",))
    assert (word.text, word.tokens) == ("leaves", ("leav",))


@pytest.mark.parametrize(
    ("splitter", "summary", "dialogue", "found"),
    [
        (ENGLISH, "Anna books two tickets for Friday.", "Anna: I booked a ticket.", ["two", "Friday"]),
        (ENGLISH, "The train leaves at 9:15.", "It leaves at 9:50.", ["train", "9:15"]),
        (ENGLISH, "The dog and the dog's dog.", "A cat.", ["dog", "dog's"]),
        (ENGLISH, "She will be with them.", "Nothing.", []),
        (WORDS, "Der Zug nach Köln fährt um 8.", "Ein Bus fährt.", ["nach", "Köln", "8"]),
        (CHARACTERS, "他去北京3天", "她去上海", ["北京3天"]),
        (CHARACTERS, "他去", "她去", []),
    ],
)
def test_findings_are_content_words_numbers_and_names_that_the_dialogue_lacks(
    splitter: WordSplitter, summary: str, dialogue: str, found: list[str]
) -> None:
    assert splitter.find_unsupported(summary, splitter.tokens(dialogue)) == found


class Syllables(WordTokenizer):
    """A tokenizer that is in no list yet, for a script without spaces."""

    name = "words"  # of those that the schema knows; nothing may depend on it
    spaced = False

    def tokens(self, sentence: str) -> list[str]:
        return [character for character in sentence if character.isalnum()]


def test_a_new_tokenizer_says_by_itself_whether_its_texts_have_spaces() -> None:
    splitter = WordSplitter(Syllables())
    assert [piece.text for piece in splitter.split("さくら駅")] == ["さ", "く", "ら", "駅"]
    assert splitter.find_unsupported("さくら駅へ行った", splitter.tokens("駅へ行った")) == ["さくら"]
