"""Word tokenizers, one per kind of writing, and how much of a text each of them sees.

rouge-score's own tokenizer keeps `[a-z0-9]` and drops the rest, so it can't see most of the world's languages. As in
rouge-score, a speaker tag such as `#Person1#` is one token, `person1`, for every tokenizer here.
"""

import functools
import importlib
import importlib.util
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, assert_never

import regex
from nltk.stem.porter import PorterStemmer
from rouge_score.tokenize import tokenize as rouge_score_tokenize

from beamline.core.choices import Punctuation, WordTokenizerName
from beamline.core.errors import BeamlineError
from beamline.core.records import SPEAKER_TAG
from beamline.metrics.invisible import drop_invisible

KIWIPIEPY = "0.24.1"
FULL_COVERAGE = 0.995  # of letters and digits: room for a few foreign names, not for a language written with accents

# Some marks of Burmese and Shan are grapheme clusters by themselves, and parts of their letter all the same.
_TAG_OR_CHARACTER = regex.compile(SPEAKER_TAG.pattern + r"|\X\p{M}*")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_LETTER_OR_MARK = regex.compile(r"[\p{L}\p{N}\p{Mn}\p{Mc}]")  # dropping a letter's mark changes the word
_VISIBLE = regex.compile(r"\S")
_WORD_BOUNDARY = regex.compile(r"(?V1w)\b")
_SCRIPTS = {
    "latin": regex.compile(r"\p{Latin}"),
    "hangul": regex.compile(r"\p{Hangul}"),
    # Where Unicode lets a line end between two letters (UAX #14): ideographs and kana, scripts whose words only a
    # dictionary finds (Thai, Lao, Khmer, Burmese), and scripts that are cut at syllables (Javanese, Balinese).
    "unspaced": regex.compile(r"[\p{lb=ID}\p{lb=CJ}\p{lb=SA}\p{lb=AK}\p{lb=AS}]"),
}


def fold(text: str) -> str:
    """Return the visible `text` in compatibility form (NFKC), case folded, with one kind of apostrophe."""
    return unicodedata.normalize("NFKC", drop_invisible(text)).casefold().replace("’", "'")


class WordTokenizer(ABC):
    """Splits a sentence into the words, characters or morphemes that a metric counts. No token has white space.

    spaced: whether its texts have spaces between words. If not, each character is taken for a word.
    """

    name: WordTokenizerName
    spaced = True

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of what decides the tokens besides rouge-score and Beamline, by package or data."""
        return {"regex": version("regex"), "unicode": unicodedata.unidata_version}

    @property
    def punctuation(self) -> Punctuation:
        """Return whether this tokenizer keeps tokens without a letter or digit."""
        return "drop"

    def visible(self, text: str) -> str:
        """Return `text` without the characters that change no word for this tokenizer."""
        return drop_invisible(text)

    @abstractmethod
    def tokens(self, sentence: str) -> list[str]:
        """Return the tokens of `sentence`, in order."""

    def seen(self, text: str) -> str:
        """Return the parts of `text` that get into tokens, before a stemmer or a dictionary changes them.

        They have spaces between them. Without, letters of two tokens could become one: Korean ㅋ ㅠ is not 큐.
        """
        return " ".join(self.tokens(text))


class English(WordTokenizer):
    """rouge-score's own: lower case, runs of `[a-z0-9]`. With `stemmer`, longer words are Porter's stems."""

    name = "english"

    def __init__(self, *, stemmer: bool) -> None:
        self._stemmer = _CachedStemmer() if stemmer else None

    @property
    def versions(self) -> dict[str, str]:
        return {"nltk": version("nltk")} if self._stemmer else {}

    def visible(self, text: str) -> str:
        """Return `text` as it is: rouge-score takes an invisible character for a space."""
        return text

    def tokens(self, sentence: str) -> list[str]:
        tokens: list[str] = rouge_score_tokenize(sentence, self._stemmer)
        return tokens

    def seen(self, text: str) -> str:
        return " ".join(rouge_score_tokenize(text, None))


class _CachedStemmer:
    """nltk's Porter stemmer, which rouge-score uses, called once per word: most of rouge-score's time is stemming."""

    def __init__(self) -> None:
        self.stem = functools.cache(PorterStemmer().stem)


class _Segments(WordTokenizer):
    """What `Words` and `Characters` share: which of their segments are tokens.

    punctuation: whether segments without a letter or digit are dropped, or kept as tokens.
    """

    def __init__(self, *, punctuation: Punctuation = "drop") -> None:
        self._punctuation = punctuation

    @property
    def punctuation(self) -> Punctuation:
        return self._punctuation

    def tokens(self, sentence: str) -> list[str]:
        counted = _LETTER if self._punctuation == "drop" else _VISIBLE
        folded = "…".join(map(fold, sentence.split("…")))  # NFKC would make three full stops of it
        return [segment for segment in self.segments(folded) if counted.search(segment)]

    @abstractmethod
    def segments(self, text: str) -> list[str]:
        """Return all of the folded `text` in segments; white space is in segments without anything else."""


class Words(_Segments):
    """Words by Unicode's default segmentation (UAX #29), folded.

    Combining marks stay with their words (Devanagari, Bengali, Arabic, Hebrew); Python's `\\w` would cut there.
    """

    name = "words"

    def segments(self, text: str) -> list[str]:
        words: list[str] = _WORD_BOUNDARY.split(SPEAKER_TAG.sub(lambda tag: f" {tag[0].strip('#')} ", text))
        return words


class Characters(_Segments):
    """Characters one by one, folded, each with its marks, for scripts without spaces."""

    name = "characters"
    spaced = False

    def segments(self, text: str) -> list[str]:
        found = _TAG_OR_CHARACTER.findall(text)
        return [segment.strip("#") if SPEAKER_TAG.fullmatch(segment) else segment for segment in found]


class Korean(WordTokenizer):
    """Morphemes of the folded text in dictionary form, by kiwipiepy; those without a letter or digit are dropped.

    Raises `BeamlineError` if kiwipiepy isn't installed.
    """

    name = "korean"

    def __init__(self) -> None:
        if not korean_is_installed():
            raise BeamlineError(
                f"rouge.tokenizer: 'korean' needs a package that isn't installed; pip install kiwipiepy=={KIWIPIEPY}"
            )
        self._kiwi = _load_kiwi()

    @property
    def versions(self) -> dict[str, str]:
        packages = ("kiwipiepy", "kiwipiepy_model")
        return {package: version(package) for package in packages} | {"unicode": unicodedata.unidata_version}

    def tokens(self, sentence: str) -> list[str]:
        return ["".join(morpheme.form.split()).strip("#") for morpheme in self._morphemes(fold(sentence))]

    def seen(self, text: str) -> str:
        # A form may not occur in the text (했다 is 하, 었, 다), so the piece of text that it came from is taken.
        text = fold(text)
        morphemes = self._morphemes(text)
        seen = set().union(*(range(morpheme.start, morpheme.start + morpheme.len) for morpheme in morphemes))
        return "".join(character if place in seen else " " for place, character in enumerate(text))

    def _morphemes(self, text: str) -> list[Any]:
        # Without this, kiwi takes '#person1#은' for two hashtags and loses the particle.
        tags = [(*match.span(), "NNP") for match in SPEAKER_TAG.finditer(text)]
        morphemes = self._kiwi.tokenize(text, pretokenized=tags)
        return [morpheme for morpheme in morphemes if _LETTER.search(morpheme.form)]


@functools.cache
def _load_kiwi() -> Any:
    """Return the analyzer. Loading it takes seconds. It has one worker, because texts come one at a time."""
    return importlib.import_module("kiwipiepy").Kiwi(num_workers=1)


def korean_is_installed() -> bool:
    """Return whether the package is there that the `korean` tokenizer needs."""
    return importlib.util.find_spec("kiwipiepy") is not None


def build_tokenizer(
    name: WordTokenizerName, *, stemmer: bool = False, punctuation: Punctuation = "drop"
) -> WordTokenizer:
    """Return the tokenizer of that name. `stemmer` is for `english` alone, `punctuation` for `words` and `characters`.

    Raises `BeamlineError` if a package is missing.
    """
    match name:
        case "english":
            return English(stemmer=stemmer)
        case "words":
            return Words(punctuation=punctuation)
        case "characters":
            return Characters(punctuation=punctuation)
        case "korean":
            return Korean()
        case _ as unknown:
            assert_never(unknown)  # mypy's error if a name of the schema has no case here


def choose_tokenizer(texts: Sequence[str]) -> WordTokenizerName:
    """Return the name of the tokenizer for the script of most letters of `texts` (the references of a corpus).

    Latin: `english` if it sees FULL_COVERAGE of the letters and digits, else `words`: German and Vietnamese are
    Latin too. Hangul: `korean` if kiwipiepy is installed, else `words`. Scripts without spaces (Han, kana, Thai, Lao,
    Khmer, Burmese): `characters`. Everything else: `words`. If that one doesn't see FULL_COVERAGE of the letters and
    digits, and another one sees more, it is the other one.
    """
    sizes = dict.fromkeys([*_SCRIPTS, "other"], 0)
    for character, count in _letters(texts).items():
        if character.isalpha():
            sizes[next((name for name, script in _SCRIPTS.items() if script.match(character)), "other")] += count
    script = max(sizes, key=lambda name: sizes[name])
    usual: list[WordTokenizerName] = ["characters", "words"] if script == "unspaced" else ["words", "characters"]
    if script == "latin":
        usual.insert(0, "english")
    if script == "hangul" and korean_is_installed():
        usual.insert(0, "korean")
    covered: dict[WordTokenizerName, float] = {}
    for name in usual:
        covered[name] = coverage(texts, build_tokenizer(name))
        if covered[name] >= FULL_COVERAGE:
            return name
    return max(covered, key=lambda name: covered[name])


def coverage(texts: Sequence[str], tokenizer: WordTokenizer) -> float:
    """Return the share, 0-1, of the letters and digits of `texts` that `tokenizer` sees, without speaker tags.

    Letters and digits of any script, with their combining marks, folded. Measured before stemming, which shortens words
    that were seen. Raises `BeamlineError` if `texts` hold none: there is nothing to score.
    """
    total = _letters(texts).total()
    if not total:
        raise BeamlineError("references: no letter or digit in any of them besides speaker tags; nothing to score")
    return 1 - _lost_letters(texts, tokenizer).total() / total


def lost_words(texts: Sequence[str], tokenizer: WordTokenizer, *, limit: int = 3) -> list[str]:
    """Return the first few different words of `texts` that `tokenizer` doesn't see, or sees only in part."""
    lost: dict[str, None] = {}
    for text in texts:
        for word in SPEAKER_TAG.sub(" ", text).split():
            if len(lost) < limit and _lost_letters([word], tokenizer):
                lost[word.strip(".,;:!?。、")] = None
    return list(lost)


def _letters(texts: Sequence[str]) -> Counter[str]:
    characters = Counter(fold(SPEAKER_TAG.sub(" ", "\n".join(texts))))
    return Counter({letter: count for letter, count in characters.items() if _LETTER_OR_MARK.match(letter)})


def _lost_letters(texts: Sequence[str], tokenizer: WordTokenizer) -> Counter[str]:
    return _letters(texts) - _letters([tokenizer.seen(SPEAKER_TAG.sub(" ", text)) for text in texts])
