"""Which words of a summary other texts have: its references, or the dialogue that it should be true to."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from beamline.core.records import SPEAKER_TAG
from beamline.metrics.tokenizers import WordTokenizer

_WORD = regex.compile(rf"{SPEAKER_TAG.pattern}|\w+(?:['’.,:/-]\w+)*")
_CHARACTER = regex.compile(rf"{SPEAKER_TAG.pattern}|\w\p{{M}}*")
_DIGIT = regex.compile(r"\p{N}")

# English words that say nothing about the dialogue by themselves.
_ENGLISH = (
    "a about after again all also although am an and another any are as at away back be because been before being both"
    " but by can cannot could did do does doing done down during each either for from further get gets had has have"
    " having he her here hers herself him himself his how however i if in into is it its itself just let like may me"
    " might mine more most much must my myself neither no nor not now of off on once one only or other others our ours"
    " out over own per s same shall she should since so some such t than that the their theirs them themselves then"
    " there these they this those though through to too under until up upon us very was we well were what when where"
    " whether which while who whom whose why will with within without would yet you your yours yourself"
)
_FUNCTION_WORDS = frozenset(_ENGLISH.split())
_SHORT = 3  # letters of a word that counts as a function word in languages without a list


@dataclass(frozen=True)
class Piece:
    """A word of a text, or what is between two words. tokens: what a metric counts of it; none of what is between."""

    text: str
    tokens: tuple[str, ...] = ()


class WordSplitter:
    """Cuts texts into words with the tokens that a metric counts. Equal words are tokenized once."""

    def __init__(self, tokenizer: WordTokenizer) -> None:
        self._tokenizer = tokenizer
        self._pattern = _WORD if tokenizer.spaced else _CHARACTER
        self._tokens = _Tokens(tokenizer)

    def split(self, text: str) -> Iterator[Piece]:
        """Yield the pieces of `text`. Their texts, one after the other, are `text`."""
        end = 0
        for match in self._pattern.finditer(text):
            if match.start() > end:
                yield Piece(text[end : match.start()])
            yield Piece(match[0], self._tokens[match[0]])
            end = match.end()
        if end < len(text):
            yield Piece(text[end:])

    def tokens(self, text: str) -> set[str]:
        """Return the tokens of all words of `text`."""
        return set().union(*map(self._tokens.__getitem__, self._pattern.findall(text)))

    def is_content(self, piece: Piece) -> bool:
        """Return whether a piece is a number, a name or another word that says something by itself.

        English has a list of function words. In other languages, words of up to three letters are taken for them. A
        script without spaces is cut into characters, and each of them counts.
        """
        if not piece.tokens:
            return False
        if _DIGIT.search(piece.text) or not self._tokenizer.spaced:
            return True
        if self._tokenizer.name == "english":
            return piece.text.lower() not in _FUNCTION_WORDS
        return len(piece.text) > _SHORT

    def find_unsupported(self, summary: str, known: set[str]) -> list[str]:
        """Return the content words, numbers and names of `summary` that its dialogue doesn't have, each once, in order.

        known: the tokens of the dialogue. It has a word if it has all of the word's tokens. Characters of a script
        without spaces are joined if they follow each other, and a single one is left out unless it is a digit.
        """
        found: dict[str, None] = {}
        if self._tokenizer.spaced:
            for piece in self.split(summary):
                if self.is_content(piece) and not known.issuperset(piece.tokens):
                    found[piece.text] = None
            return list(found)
        run = ""
        for piece in [*self.split(summary), Piece("")]:
            if piece.tokens and not known.issuperset(piece.tokens):
                run += piece.text
                continue
            if len(run) > 1 or _DIGIT.search(run):
                found[run] = None
            run = ""
        return list(found)


class _Tokens(dict[str, tuple[str, ...]]):
    """The tokens of every word so far."""

    def __init__(self, tokenizer: WordTokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> tuple[str, ...]:
        self[word] = tokens = tuple(self._tokenizer.tokens(word))
        return tokens
