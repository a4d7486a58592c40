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
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Literal

import regex
from nltk.stem.porter import PorterStemmer
from rouge_score.tokenize import tokenize as rouge_score_tokenize

from beamline.core.errors import BeamlineError
from beamline.core.records import SPEAKER_TAG

WordTokenizerName = Literal["english", "words", "characters", "korean"]

KIWIPIEPY = "0.24.1"
ENGLISH_SHARE = 0.995  # of letters and digits: room for a few foreign names, not for a language written with accents

_TAG_OR_CHARACTER = regex.compile(SPEAKER_TAG.pattern + r"|\X")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
# A mark is a part of its letter, and dropping it changes the word; variation selectors only choose an emoji's looks.
_LETTER_OR_MARK = regex.compile(r"(?V1)[\p{L}\p{N}\p{Mn}\p{Mc}--\p{Variation_Selector}]")
_WORD_BOUNDARY = regex.compile(r"(?V1w)\b")
_SCRIPTS = {
    "latin": regex.compile(r"\p{Latin}"),
    "hangul": regex.compile(r"\p{Hangul}"),
    "unspaced": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"),
}


def fold(text: str) -> str:
    """Return `text` in compatibility form (NFKC), case folded, with one kind of apostrophe."""
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


class WordTokenizer(ABC):
    """Splits a sentence into the words, characters or morphemes that a metric counts. No token has white space."""

    name: WordTokenizerName

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of what decides the tokens besides rouge-score and Beamline, by package or data."""
        return {"regex": version("regex"), "unicode": unicodedata.unidata_version}

    @abstractmethod
    def tokens(self, sentence: str) -> list[str]:
        """Return the tokens of `sentence`, in order."""

    def seen(self, text: str) -> str:
        """Return the characters of `text` that get into a token, before a stemmer or a dictionary changes it."""
        return "".join(self.tokens(text))


class English(WordTokenizer):
    """rouge-score's own: lower case, runs of `[a-z0-9]`. With `stemmer`, longer words are Porter's stems."""

    name = "english"

    def __init__(self, *, stemmer: bool) -> None:
        self._stemmer = _CachedStemmer() if stemmer else None

    @property
    def versions(self) -> dict[str, str]:
        return {"nltk": version("nltk")} if self._stemmer else {}

    def tokens(self, sentence: str) -> list[str]:
        tokens: list[str] = rouge_score_tokenize(sentence, self._stemmer)
        return tokens

    def seen(self, text: str) -> str:
        return "".join(rouge_score_tokenize(text, None))


class _CachedStemmer:
    """nltk's Porter stemmer, which rouge-score uses, called once per word: most of rouge-score's time is stemming."""

    def __init__(self) -> None:
        self.stem = functools.cache(PorterStemmer().stem)


class Words(WordTokenizer):
    """Words by Unicode's default segmentation (UAX #29), folded; those without a letter or digit are dropped.

    Combining marks stay with their words (Devanagari, Bengali, Arabic, Hebrew); Python's `\\w` would cut there.
    """

    name = "words"

    def tokens(self, sentence: str) -> list[str]:
        return [word for word in _WORD_BOUNDARY.split(fold(sentence)) if _LETTER.search(word)]


class Characters(WordTokenizer):
    """Letters and digits one by one, folded, each with its marks (a grapheme cluster), for scripts without spaces."""

    name = "characters"

    def tokens(self, sentence: str) -> list[str]:
        found = _TAG_OR_CHARACTER.findall(fold(sentence))
        return [character.strip("#") for character in found if _LETTER.search(character)]


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
        spans = (range(morpheme.start, morpheme.start + morpheme.len) for morpheme in self._morphemes(text))
        return "".join(text[i] for i in sorted(set().union(*spans)))

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


def build_tokenizer(name: WordTokenizerName, *, stemmer: bool) -> WordTokenizer:
    """Return the tokenizer of that name. `stemmer` is for `english` alone.

    Raises `BeamlineError` if a package is missing.
    """
    builders: dict[WordTokenizerName, Callable[[], WordTokenizer]] = {
        "english": lambda: English(stemmer=stemmer),
        "words": Words,
        "characters": Characters,
        "korean": Korean,
    }
    return builders[name]()


def choose_tokenizer(texts: Sequence[str]) -> WordTokenizerName:
    """Return the name of the tokenizer for the script of most letters of `texts` (the references of a corpus).

    Latin: `english` if it sees ENGLISH_SHARE of the letters and digits, else `words`: German and Vietnamese are
    Latin too. Hangul: `korean` if kiwipiepy is installed, else `words`. Han, kana, Thai, Lao, Khmer, Burmese, written
    without spaces: `characters`. Everything else: `words`.
    """
    sizes = dict.fromkeys([*_SCRIPTS, "other"], 0)
    for character, count in _letters(texts).items():
        if character.isalpha():
            sizes[next((name for name, script in _SCRIPTS.items() if script.match(character)), "other")] += count
    script = max(sizes, key=lambda name: sizes[name])
    if script == "latin" and coverage(texts, English(stemmer=False)) >= ENGLISH_SHARE:
        return "english"
    if script == "hangul" and korean_is_installed():
        return "korean"
    return "characters" if script == "unspaced" else "words"


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
