"""Speaker tags in a tokenizer: each is one token, and the spaces around it come back as they were."""

import re
import unicodedata
from collections.abc import Sequence

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.processors import Sequence as Processors
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from beamline.core.records import SPEAKER_TAG

# What directly follows a name: punctuation, and in Korean a particle.
_PARTICLE = (
    "(?:은|는|이|가|을|를|과|와|의|도|만|에게|에게서|한테|께|께서|(?:이|)(?:랑|다|며|고))(?:는|도|만|의|)(?!\\w)"
)
_SPACE_AFTER_TAG = re.compile(rf"({SPEAKER_TAG.pattern}) (?=[.,:;!?%)\]}}'’”…]|{_PARTICLE})")
_NO_SPACE_BEFORE_TAG = re.compile(rf"(?<=[^\s(\[{{'\"‘“])(?={SPEAKER_TAG.pattern})")


def add_tags(tokenizer: PreTrainedTokenizerBase, tags: Sequence[str]) -> tuple[int, ...]:
    """Make each tag one token, and return the ids of those that the tokenizer did not have.

    They are not *special* tokens, even if a checkpoint has them as such. Decoding drops special tokens, and the summary
    would no longer say who did what.
    """
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in tags])
    return tuple(tokenizer.convert_tokens_to_ids([tag for tag in tags if tag not in known]))


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


def forgets_spaces(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Return whether `#A##A# #A#` comes back changed (BERT, Marian), so that spaces around tags must be guessed."""
    tag = next(filter(SPEAKER_TAG.fullmatch, tokenizer.get_added_vocab()), None)
    if tag is None:
        return False
    probe = f"{tag}{tag} {tag}"
    ids = tokenizer(probe)["input_ids"]
    return bool(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False) != probe)


def space_tags(text: str) -> str:
    """Return the text with spaces around tags by convention: one before a tag, none between it and its particle."""
    composed = unicodedata.normalize("NFC", text)  # a lower-casing BERT decomposes Hangul
    return _SPACE_AFTER_TAG.sub(r"\1", _NO_SPACE_BEFORE_TAG.sub(" ", composed))
