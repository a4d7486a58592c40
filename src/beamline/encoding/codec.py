"""From text to token ids and back: the tokenizer, speaker tags, and where a summary ends.

What a family of models does differently at the edges of a text is settled here, once, and written down as an
`Encoding` beside the tokenizer, so that training and decoding can't disagree about it.
"""

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tokenizers import AddedToken, ByteLevelBPETokenizer, Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.processors import Sequence as Processors
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from beamline.core.errors import BeamlineError
from beamline.core.params import Tokenizer as TokenizerParams
from beamline.core.records import SPEAKER_TAG
from beamline.models.checkpoint import Checkpoint, first_line, position_limits

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"

# What stands directly behind a name: punctuation, and in Korean a particle.
_PARTICLE = (
    "(?:은|는|이|가|을|를|과|와|의|도|만|에게|에게서|한테|께|께서|(?:이|)(?:랑|다|며|고))(?:는|도|만|의|)(?!\\w)"
)
_SPACE_BEHIND_TAG = re.compile(rf"({SPEAKER_TAG.pattern}) (?=[.,:;!?%)\]}}'’”…]|{_PARTICLE})")
_NO_SPACE_BEFORE_TAG = re.compile(rf"(?<=[^\s(\[{{'\"‘“])(?={SPEAKER_TAG.pattern})")


@dataclass(frozen=True)
class Encoding:
    """What, besides the tokenizer's own files, decides how texts become token ids.

    decoder_start_token_id: what the decoder reads before the first token of a summary.
    forced_first_token_id: the language code that every summary begins with (mBART-50), or None.
    new_tokens: ids of the tokens that the checkpoint has never seen (speaker tags); training starts their
        embeddings at the mean of the others.
    global_first_token: the encoder sees through a window (LED), so that a dialogue's first token attends to all others
        and they to it.
    """

    max_source_tokens: int
    max_target_tokens: int
    source_prefix: str
    pad_token_id: int
    eos_token_id: int
    decoder_start_token_id: int
    forced_first_token_id: int | None
    new_tokens: tuple[int, ...]
    global_first_token: bool = False

    @property
    def generation_tokens(self) -> dict[str, int | None]:
        """The tokens that steer decoding, under the names that they have in a generation config."""
        return {
            "pad_token_id": self.pad_token_id,
            "eos_token_id": self.eos_token_id,
            "decoder_start_token_id": self.decoder_start_token_id,
            "forced_bos_token_id": self.forced_first_token_id,
        }


_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")


class TextCodec:
    """A tokenizer and its `Encoding`: dialogues and summaries to token ids, generated ids to summaries."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding) -> None:
        self.tokenizer = tokenizer
        self.encoding = encoding
        self._forgets_spaces = _forgets_spaces(tokenizer)

    def encode_dialogues(self, dialogues: Sequence[str]) -> list[list[int]]:
        """Token ids of each dialogue, whole: the tokenizer's own special tokens, and an end-of-sequence in any case."""
        texts = [self.encoding.source_prefix + dialogue for dialogue in dialogues]
        rows: list[list[int]] = self.tokenizer(texts, verbose=False)["input_ids"]
        return [row if self.encoding.eos_token_id in row[-2:] else [*row, self.encoding.eos_token_id] for row in rows]

    def encode_summaries(self, summaries: Sequence[str]) -> list[list[int]]:
        """Token ids of each summary, whole, as labels: exactly one end-of-sequence, and it is the last token.

        Tokenizers end a target differently: with the end of sequence (BART, T5), with a language code behind it
        (mBART), or not at all. That code, and BERT's `[CLS]` at the beginning, are where the decoder starts: they
        would be learnt twice in a row. An end of sequence that stands in the text itself would cut a summary short.
        """
        rows: list[list[int]] = self.tokenizer(text_target=list(summaries), verbose=False)["input_ids"]
        start, end = self.encoding.decoder_start_token_id, self.encoding.eos_token_id
        return [[*(token for token in row if token not in (start, end)), end] for row in rows]

    def truncate_dialogue(self, ids: list[int]) -> list[int]:
        """At most `max_source_tokens` ids; what follows the text (end of sequence, language code) is kept."""
        return _truncate(ids, self.encoding.max_source_tokens, self.encoding.eos_token_id)

    def truncate_summary(self, ids: list[int]) -> list[int]:
        """At most `max_target_tokens` ids, the last of them the end of sequence."""
        return _truncate(ids, self.encoding.max_target_tokens, self.encoding.eos_token_id)

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """Summaries of generated ids: speaker tags stay, other special tokens go, white space is single."""
        texts = self.tokenizer.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        if self._forgets_spaces:
            texts = [_space_tags(text) for text in texts]
        return [" ".join(text.split()) for text in texts]

    def save(self, directory: Path) -> None:
        """Raises `OSError` where it can't be written."""
        try:
            self.tokenizer.save_pretrained(directory)
        except Exception as error:  # the tokenizers library raises nothing more special, on a full disk too
            found = _SYSTEM_ERROR.search(str(error))
            if found is None:
                raise
            raise OSError(int(found[1]), os.strerror(int(found[1])), str(directory)) from None
        # Where the tokenizer was loaded from must not decide the hash of an output.
        path = directory / "tokenizer_config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        for key in ("name_or_path", "is_local", "local_files_only"):
            config.pop(key, None)
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        (directory / "encoding.json").write_text(json.dumps(asdict(self.encoding), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> "TextCodec":
        """Read what `save` wrote. Raises `BeamlineError` when a part is missing or unreadable."""
        try:
            stored = json.loads((directory / "encoding.json").read_text(encoding="utf-8"))
            encoding = Encoding(**{**stored, "new_tokens": tuple(stored["new_tokens"])})
            return cls(AutoTokenizer.from_pretrained(directory, local_files_only=True), encoding)
        except Exception as error:  # the tokenizers library raises nothing more special
            raise BeamlineError(
                f"{directory}: no usable tokenizer ({first_line(error)}); run: dvc repro prepare"
            ) from None


def build_codec(params: TokenizerParams, texts: Iterable[str], tags: Sequence[str]) -> TextCodec:
    """A byte-level byte-pair tokenizer learnt from `texts`, with each of `tags` a single token.

    Byte-level, because it writes any script without an unknown token.
    """
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(
        texts,
        vocab_size=params.vocabulary_size - len(tags),
        special_tokens=[PAD, BOS, EOS, UNK],
        show_progress=False,
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=learner._tokenizer, pad_token=PAD, bos_token=BOS, eos_token=EOS, unk_token=UNK
    )
    _add_tags(tokenizer, tags)
    tokenizer = _self_contained(tokenizer)
    encoding = Encoding(
        max_source_tokens=params.max_source_tokens,
        max_target_tokens=params.max_target_tokens,
        source_prefix=params.source_prefix or "",
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        forced_first_token_id=None,
        new_tokens=(),
    )
    return TextCodec(tokenizer, encoding)


def load_codec(params: TokenizerParams, checkpoint: Checkpoint, tags: Sequence[str]) -> TextCodec:
    """The tokenizer of `checkpoint`, with each of `tags` a single token.

    Raises `BeamlineError` if there is none, if it lacks a token that training needs, or if the limits exceed the
    model's positions.
    """
    config = checkpoint.config()
    tokenizer = checkpoint.tokenizer(params.language)
    if tokenizer.eos_token_id is None and tokenizer.sep_token is not None:
        tokenizer.eos_token = tokenizer.sep_token  # BERT ends with [SEP]
    for name in ("pad_token_id", "eos_token_id"):
        if getattr(tokenizer, name) is None:
            raise BeamlineError(
                f"{checkpoint.name}: its tokenizer has no {name.removesuffix('_id')}; add one and save it"
            )
    new_tokens = _add_tags(tokenizer, tags)
    start, forced_first = _decoder_start(tokenizer, checkpoint, params.language)
    tokenizer = _self_contained(tokenizer)
    encoding = Encoding(
        max_source_tokens=params.max_source_tokens,
        max_target_tokens=params.max_target_tokens,
        source_prefix=_prefix(params, config),
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=start,
        forced_first_token_id=forced_first,
        new_tokens=new_tokens,
        global_first_token=hasattr(config, "attention_window"),
    )
    _check_positions(params, config)
    return TextCodec(tokenizer, encoding)


def _add_tags(tokenizer: PreTrainedTokenizerBase, tags: Sequence[str]) -> tuple[int, ...]:
    """Make each tag one token; the ids of those that the tokenizer did not have.

    Not *special* tokens, even where a checkpoint has them as such: those are dropped when a summary is decoded, and
    with them who did what.
    """
    known = tokenizer.get_vocab()
    tokenizer.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in tags])
    return tuple(tokenizer.convert_tokens_to_ids([tag for tag in tags if tag not in known]))


def _self_contained(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """The same tokenizer as one pipeline that keeps the spaces around tags and writes the end of sequence by itself.

    A tokenizer that follows sentencepiece takes what stands behind a tag for the beginning of a word, and some drop the
    space before it: `tells #Person1#'s son` comes back as `tells#Person1# 's son`, `#Person1#은` as `#Person1# 은`.
    Here a word begins where there is a space. transformers' own classes for these families would build their usual
    pipeline again on loading, so that the result is of the plain class, which takes tokenizer.json as it stands.

    Tokenizers that are Python code (Marian's) are returned unchanged.
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


def _forgets_spaces(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether `#A##A# #A#` does not come back as it was (BERT, Marian): spaces around tags have to be guessed."""
    tag = next(filter(SPEAKER_TAG.fullmatch, tokenizer.get_added_vocab()), None)
    if tag is None:
        return False
    probe = f"{tag}{tag} {tag}"
    ids = tokenizer(probe)["input_ids"]
    return bool(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False) != probe)


def _space_tags(text: str) -> str:
    """Spaces around tags by convention: one before a tag, none between it and what belongs to it."""
    composed = unicodedata.normalize("NFC", text)  # a lower-casing BERT takes Hangul apart
    return _SPACE_BEHIND_TAG.sub(r"\1", _NO_SPACE_BEFORE_TAG.sub(" ", composed))


def _truncate(ids: list[int], limit: int, eos_token_id: int) -> list[int]:
    if len(ids) <= limit:
        return ids
    end = ids[-2:] if ids[-2] == eos_token_id else ids[-1:]
    return ids[: limit - len(end)] + end


def _check_positions(params: TokenizerParams, config: PreTrainedConfig) -> None:
    for key, limit in zip(("max_source_tokens", "max_target_tokens"), position_limits(config), strict=True):
        if limit is not None and getattr(params, key) > limit:
            raise BeamlineError(
                f"tokenizer.{key}: the checkpoint has positions for {limit} tokens, found {getattr(params, key)};"
                f" set it to {limit} or less"
            )


def _prefix(params: TokenizerParams, config: PreTrainedConfig) -> str:
    if params.source_prefix is not None:
        return params.source_prefix
    tasks = getattr(config, "task_specific_params", None) or {}
    return str(tasks.get("summarization", {}).get("prefix", ""))


def _decoder_start(
    tokenizer: PreTrainedTokenizerBase, checkpoint: Checkpoint, language: str | None
) -> tuple[int, int | None]:
    """Decoder start token and forced first token of a checkpoint.

    A multilingual tokenizer shows by the place of its language code which of the two it is: mBART-25 starts the decoder
    with the code and writes it behind the end, mBART-50 makes the code a summary's first token.
    """
    if language is not None:
        code = tokenizer.convert_tokens_to_ids(language)
        row = tokenizer(text_target="a")["input_ids"]
        if row[-1] == code:
            return code, None
        if row[0] == code:
            start = checkpoint.decoder_start_token_id()
            return tokenizer.eos_token_id if start is None else start, code
        raise BeamlineError(f"tokenizer.language: {checkpoint.name} marks no language in its summaries; leave it empty")
    start = checkpoint.decoder_start_token_id()
    if start is None:
        start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    if start is None:
        raise BeamlineError(f"{checkpoint.name}: its config names no decoder_start_token_id; add it to config.json")
    return start, None
