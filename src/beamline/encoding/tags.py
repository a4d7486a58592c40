"""Speaker tags in a tokenizer: each is one token, and the spaces around it come back as they were."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.processors import Sequence as Processors
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from beamline.core.errors import BeamlineError, quote
from beamline.core.records import SPEAKER_TAG
from beamline.core.speakers import SpeakerCounts, find_opening

# What directly follows a name: punctuation, and in Korean a particle.
_PARTICLE = (
    "(?:은|는|이|가|을|를|과|와|의|도|만|에게|에게서|한테|께|께서|(?:이|)(?:랑|다|며|고))(?:는|도|만|의|)(?!\\w)"
)


def choose_tags(dialogues: Iterable[str], which: Literal["auto", "none", "all"]) -> list[str]:
    """Return the speakers of the training dialogues that are one token each, sorted: `tokenizer.speaker_tokens`.

    auto: those of the form `#Person1#`, wherever else they are. A hashtag begins no turn. all: names, too.
    """
    if which == "none":
        return []
    counts = SpeakerCounts()
    for dialogue in dialogues:
        counts.update(dialogue)
    return sorted(name for name in counts.turns if which == "all" or SPEAKER_TAG.fullmatch(name))


def add_tags(tokenizer: PreTrainedTokenizerBase, tags: Sequence[str]) -> tuple[int, ...]:
    """Make each tag one token, and return the ids of those that the tokenizer did not have.

    They are not *special* tokens, even if a checkpoint has them as such. Decoding drops special tokens, and the summary
    would no longer say who did what. Raises `BeamlineError` for names if the tokenizer is in Python code (Marian's):
    it cuts the words that a name is in, and `banana` comes back as `bana na`.
    """
    names = [tag for tag in tags if not SPEAKER_TAG.fullmatch(tag)]
    if names and not tokenizer.is_fast:
        raise BeamlineError(
            "tokenizer.speaker_tokens: all, but the checkpoint's tokenizer is in Python code and would cut words that"
            f" {quote(names[0])} is in; set it to auto"
        )
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(tag, normalized=False, special=False, single_word=_is_word(tag)) for tag in tags])
    return tuple(tokenizer.convert_tokens_to_ids([tag for tag in tags if tag not in known]))


def _is_word(tag: str) -> bool:
    """Return whether a name must not be found within words, as `Ana` in `Analysis`.

    Letters without case are of scripts that write particles to a name (Korean), or all words together (Chinese).
    """
    return tag[-1].isalnum() and unicodedata.category(tag[-1]) != "Lo"


def make_self_contained(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """Return the tokenizer as one pipeline that keeps the spaces around tags and adds the end of sequence by itself.

    A tokenizer in the manner of sentencepiece begins a new word after a tag, and some drop the space before it:
    `tells #Person1#'s son` comes back as `tells#Person1# 's son`, `#Person1#은` as `#Person1# 은`. Here only a space
    begins a word. transformers' own classes for these families would build their usual pipeline again on loading. So
    the result is of the plain class, which takes tokenizer.json as it is.

    A tokenizer in Python code (Marian's) is returned unchanged.
    """
    if not tokenizer.is_fast:
        return tokenizer
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    eos, eos_id = tokenizer.eos_token, tokenizer.eos_token_id
    if eos_id not in tokenizer("")["input_ids"]:
        end = TemplateProcessing(single=f"$A {eos}", pair=f"$A {eos} $B {eos}", special_tokens=[(eos, eos_id)])
        backend.post_processor = Processors([backend.post_processor, end]) if backend.post_processor else end
    if "prepend_scheme=always" in repr(backend.pre_tokenizer):
        white_space = normalizers.Replace(Regex(r"\s+"), " ")
        backend.normalizer = normalizers.Sequence([*filter(None, [backend.normalizer]), white_space])
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=tokenizer.model_max_length,
        **tokenizer.special_tokens_map,
    )


def find_spacing(tokenizer: PreTrainedTokenizerBase) -> Callable[[str], str] | None:
    """Return what restores the spaces around tags in decoded text, or None if the tokenizer keeps them.

    BERT's and Marian's forget them: `#A##A# #A#` comes back changed. The spaces are then by convention: one before a
    tag, none between it and its particle.
    """
    tags = [tag for tag in tokenizer.get_added_vocab() if _may_touch_words(tag, tokenizer.all_special_tokens)]
    if not tags:
        return None
    probe = f"{tags[0]}{tags[0]} {tags[0]}"
    ids = tokenizer(probe)["input_ids"]
    if tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False) == probe:
        return None
    tag = "|".join([SPEAKER_TAG.pattern, *map(re.escape, tags)])
    space_after = re.compile(rf"({tag}) (?=[.,:;!?%)\]}}'’”…]|{_PARTICLE})")
    no_space_before = re.compile(rf"(?<=[^\s(\[{{'\"‘“])(?={tag})")

    def space(text: str) -> str:
        composed = unicodedata.normalize("NFC", text)  # a lower-casing BERT decomposes Hangul
        return space_after.sub(r"\1", no_space_before.sub(" ", composed))

    return space


def _may_touch_words(token: str, special: Sequence[str]) -> bool:
    """Return whether an added token is a tag, or a name that need not be a separate word."""
    if SPEAKER_TAG.fullmatch(token):
        return True
    return token not in special and find_opening(f"{token}:") == token and not _is_word(token)
