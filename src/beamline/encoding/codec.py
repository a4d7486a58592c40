"""From text to token ids and back: a tokenizer, its `Encoding`, and the rules of the model's family."""

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tokenizers import ByteLevelBPETokenizer
from transformers import AutoTokenizer, PreTrainedConfig, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from beamline.core.errors import BeamlineError
from beamline.core.params import Model, TokenizerParams
from beamline.encoding.tags import add_tags, find_spacing, make_self_contained
from beamline.models.checkpoint import Checkpoint, first_line
from beamline.models.encoding import Encoding
from beamline.models.families import Family, choose_family, find_family

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"

_BYTES = 256  # the tokens that longer ones are learned from

_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")


class TextCodec:
    """A tokenizer and its `Encoding`: dialogues and summaries to token ids, generated ids to summaries."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding) -> None:
        self.tokenizer = tokenizer
        self.encoding = encoding
        self.family = find_family(encoding)
        self._space = find_spacing(tokenizer)

    def encode_dialogues(self, dialogues: Sequence[str]) -> list[list[int]]:
        """Return what the model reads of each dialogue, uncut."""
        return self.family.encode_dialogues(self.tokenizer, self.encoding, dialogues)

    def encode_summaries(self, summaries: Sequence[str]) -> list[list[int]]:
        """Return each summary as labels, uncut: exactly one end of sequence, and it is the last token."""
        return self.family.encode_summaries(self.tokenizer, self.encoding, summaries)

    def truncate_dialogue(self, ids: list[int]) -> list[int]:
        """Return at most `max_source_tokens` ids; the family decides what is cut."""
        return self.family.truncate_dialogue(self.tokenizer, self.encoding, ids)

    def truncate_summary(self, ids: list[int]) -> list[int]:
        """Return at most `max_target_tokens` ids; the last one is the end of sequence."""
        limit = self.encoding.max_target_tokens
        return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """Return the texts of generated ids: speaker tags stay, other special tokens go, white space is single."""
        texts = self.tokenizer.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        if self._space is not None:
            texts = [self._space(text) for text in texts]
        return [" ".join(text.split()) for text in texts]

    def save(self, directory: Path) -> None:
        """Write tokenizer and encoding.json. Raises `OSError` if they can't be written."""
        try:
            self.tokenizer.save_pretrained(directory)
        except Exception as error:  # the tokenizers library raises nothing more special, on a full disk too
            found = _SYSTEM_ERROR.search(str(error))
            if found is None:
                raise
            raise OSError(int(found[1]), os.strerror(int(found[1])), str(directory)) from None
        # Where the tokenizer was loaded from must not change the hash of an output.
        path = directory / "tokenizer_config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        for key in ("name_or_path", "is_local", "local_files_only"):
            config.pop(key, None)
        path.write_text(json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        (directory / "encoding.json").write_text(json.dumps(asdict(self.encoding), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> "TextCodec":
        """Return what `save` wrote. Raises `BeamlineError` if a part is missing or unreadable."""
        try:
            stored = json.loads((directory / "encoding.json").read_text(encoding="utf-8"))
            encoding = Encoding(**{name: _frozen(value) for name, value in stored.items()})
            return cls(AutoTokenizer.from_pretrained(directory, local_files_only=True), encoding)
        except Exception as error:  # the tokenizers library raises nothing more special
            raise BeamlineError(
                f"{directory}: no usable tokenizer ({first_line(error)}); run: dvc repro prepare"
            ) from None


def build_codec(params: TokenizerParams, texts: Iterable[str], tags: Sequence[str]) -> TextCodec:
    """Return a byte-level byte-pair tokenizer learned from `texts`, with each of `tags` a single token.

    Byte-level, because it writes any script without an unknown token. Raises `BeamlineError` if the limits leave no
    room for a dialogue, or if the vocabulary has none for bytes, special tokens and tags.
    """
    special = [PAD, BOS, EOS, UNK]
    if params.vocabulary_size < (least := _BYTES + len(special) + len(tags)):
        raise BeamlineError(
            f"tokenizer.vocabulary_size: {params.vocabulary_size} is too small for {len(tags)} speakers beside"
            f" {_BYTES + len(special)} bytes and special tokens; set it to {least} or more, or"
            " tokenizer.speaker_tokens: none"
        )
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(
        texts,
        vocab_size=params.vocabulary_size - len(tags),
        special_tokens=special,
        show_progress=False,
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=learner._tokenizer, pad_token=PAD, bos_token=BOS, eos_token=EOS, unk_token=UNK
    )
    add_tags(tokenizer, tags)
    encoding = Encoding(
        max_source_tokens=params.max_source_tokens,
        max_target_tokens=params.max_target_tokens,
        source_prefix=params.source_prefix or "",
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.bos_token_id,
        forced_first_token_id=None,
        new_tokens=(),
        overflow=params.overflow,
    )
    return _check_room(TextCodec(make_self_contained(tokenizer), encoding))


def load_codec(params: TokenizerParams, model: Model, checkpoint: Checkpoint, tags: Sequence[str]) -> TextCodec:
    """Return the tokenizer of `checkpoint`, with each of `tags` a single token if the model's family wants that.

    model: the prompt of a decoder-only model.
    Raises `BeamlineError` if there is none, if it lacks a token that training needs, if it can't keep names of speakers
    whole, or if the limits exceed the model's positions or leave no room for a dialogue.
    """
    config = checkpoint.config()
    family = choose_family(config, checkpoint.name)
    tokenizer = checkpoint.tokenizer(params.language)
    new_tokens = add_tags(tokenizer, tags) if family.adds_tags else ()
    encoding = family.make_encoding(tokenizer, checkpoint, params, model, new_tokens)
    _check_positions(family, config, params)
    return _check_room(TextCodec(make_self_contained(tokenizer) if family.adds_tags else tokenizer, encoding))


def _check_positions(family: Family, config: PreTrainedConfig, params: TokenizerParams) -> None:
    limits = family.position_limits(config, params.max_source_tokens)
    for key, limit in zip(("max_source_tokens", "max_target_tokens"), limits, strict=True):
        if limit is not None and (limit == 0 or getattr(params, key) > limit):
            fix = f"set it to {limit} or less" if limit > 0 else "lower tokenizer.max_source_tokens"
            raise BeamlineError(
                f"tokenizer.{key}: the checkpoint has positions for {limit} tokens, found {getattr(params, key)}; {fix}"
            )


def _check_room(codec: TextCodec) -> TextCodec:
    [around] = codec.encode_dialogues([""])
    if len(around) >= codec.encoding.max_source_tokens:
        longer = "tokenizer.source_prefix" if codec.encoding.prompt is None else "model.prompt"
        raise BeamlineError(
            f"tokenizer.max_source_tokens: {codec.encoding.max_source_tokens} leaves no room for a dialogue, as"
            f" {len(around)} tokens are around it; raise it, or shorten {longer}"
        )
    return codec


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
