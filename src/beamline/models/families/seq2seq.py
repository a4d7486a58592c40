"""Sequence-to-sequence models: an encoder reads the dialogue, a decoder writes the summary."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
)

from beamline.core.errors import BeamlineError
from beamline.core.params import Model, Padding, TokenizerParams
from beamline.models.checkpoint import Checkpoint
from beamline.models.encoding import Encoding
from beamline.models.padding import IGNORED_LABEL, pad_rows
from beamline.models.truncation import count_shared, shorten

if TYPE_CHECKING:  # a stage that loads no model saves seconds
    from transformers import PreTrainedModel


class Seq2Seq:
    """BART, T5, mBART, Marian, Pegasus, LED, and encoder-decoders of two BERTs. `Family` says what a method returns."""

    name = "seq2seq"
    model_class = AutoModelForSeq2SeqLM
    adds_tags = True

    def fits(self, config: PreTrainedConfig) -> bool:
        return bool(config.is_encoder_decoder)

    def position_limits(self, config: PreTrainedConfig, source_tokens: int) -> tuple[int | None, int | None]:
        """Return the limits of encoder and decoder, None for T5. A source takes no positions from the target."""
        encoder, decoder = getattr(config, "encoder", config), getattr(config, "decoder", config)
        both = "max_position_embeddings"
        return (
            getattr(encoder, "max_encoder_position_embeddings", getattr(encoder, both, None)),
            getattr(decoder, "max_decoder_position_embeddings", getattr(decoder, both, None)),
        )

    def make_encoding(
        self,
        tokenizer: PreTrainedTokenizerBase,
        checkpoint: Checkpoint,
        params: TokenizerParams,
        model: Model,
        new_tokens: tuple[int, ...],
    ) -> Encoding:
        if tokenizer.eos_token_id is None and tokenizer.sep_token is not None:
            tokenizer.eos_token = tokenizer.sep_token  # BERT ends with [SEP]
        for name in ("pad_token_id", "eos_token_id"):
            if getattr(tokenizer, name) is None:
                raise BeamlineError(
                    f"{checkpoint.name}: its tokenizer has no {name.removesuffix('_id')}; add one and save it"
                )
        start, forced_first = _decoder_start(tokenizer, checkpoint, params.language)
        config = checkpoint.config()
        return Encoding(
            max_source_tokens=params.max_source_tokens,
            max_target_tokens=params.max_target_tokens,
            source_prefix=_prefix(params, config),
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=start,
            forced_first_token_id=forced_first,
            new_tokens=new_tokens,
            global_first_token=hasattr(config, "attention_window"),
            family=self.name,
            overflow=params.overflow,
        )

    def encode_dialogues(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, dialogues: Sequence[str]
    ) -> list[list[int]]:
        """Return each dialogue with the tokenizer's own special tokens, and an end of sequence in any case."""
        texts = [encoding.source_prefix + dialogue for dialogue in dialogues]
        rows: list[list[int]] = tokenizer(texts, return_attention_mask=False, verbose=False)["input_ids"]
        end = encoding.eos_token_id
        return [row if end in row[-2:] else [*row, end] for row in rows]

    def encode_summaries(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, summaries: Sequence[str]
    ) -> list[list[int]]:
        """Return each summary without what the decoder starts with, and with one end of sequence.

        Tokenizers end a target differently: with the end of sequence (BART, T5), with a language code after it (mBART),
        or not at all. The decoder starts with that code, or with BERT's `[CLS]`. If they were labels, the model would
        learn to write them twice. An end of sequence within the text would cut the summary.
        """
        encoded = tokenizer(text_target=list(summaries), return_attention_mask=False, verbose=False)
        rows: list[list[int]] = encoded["input_ids"]
        start, end = encoding.decoder_start_token_id, encoding.eos_token_id
        return [[*(token for token in row if token not in (start, end)), end] for row in rows]

    def truncate_dialogue(self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, ids: list[int]) -> list[int]:
        """Return the dialogue cut by `encoding.overflow`. What is around it is kept.

        Before it are the special token of BART and BERT, a language code, and the source prefix. After it are the end
        of sequence and a language code.
        """
        if len(ids) <= encoding.max_source_tokens:
            return ids
        end = ids[-2:] if ids[-2] == encoding.eos_token_id else ids[-1:]
        [nothing] = self.encode_dialogues(tokenizer, encoding, [""])
        begin = ids[: count_shared(ids, nothing)]
        room = encoding.max_source_tokens - len(begin) - len(end)
        return begin + shorten(ids[len(begin) : -len(end)], room, encoding.overflow) + end

    def collate(
        self,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        encoding: Encoding,
        padding: Padding,
    ) -> dict[str, torch.Tensor]:
        """Return a batch with the decoder's inputs.

        input_ids, attention_mask, LED's global_attention_mask: [batch, source_length] int64.
        labels, decoder_input_ids: [batch, target_length] int64.

        With `padding.mode: longest`, the lengths are those of the longest example. With `max_length`, they are the
        encoding's limits.

        The decoder's inputs are the labels shifted once to the right. Models do this in different ways: mBART rotates
        the last token to the front. Label smoothing needs the inputs outside the model, too. So it is done here.
        """
        fixed = padding.mode == "max_length"
        source_length = encoding.max_source_tokens if fixed else max(map(len, sources))
        target_length = encoding.max_target_tokens if fixed else max(map(len, targets))
        label_padding = IGNORED_LABEL if padding.labels == "masked" else encoding.pad_token_id
        start = encoding.decoder_start_token_id
        assert start is not None, "the encoding of a sequence-to-sequence model has a start"
        shifted = [[start, *row[:-1]] for row in targets]
        return {
            **source_tensors(sources, encoding, source_length),
            "labels": pad_rows(targets, label_padding, target_length),
            "decoder_input_ids": pad_rows(shifted, encoding.pad_token_id, target_length),
        }

    def predict(self, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        logits: torch.Tensor = model(**inputs, use_cache=False).logits
        return logits

    def generate(
        self,
        model: "PreTrainedModel",
        sources: Sequence[Sequence[int]],
        encoding: Encoding,
        length: int,
        config: GenerationConfig,
    ) -> list[list[int]]:
        """Return the generated tokens without the decoder's start token."""
        inputs = source_tensors(sources, encoding, length)
        generated = model.generate(
            **{name: tensor.to(model.device) for name, tensor in inputs.items()}, generation_config=config
        )
        return [row[1:] for row in generated.tolist()]

    def plain_settings(self, config: GenerationConfig) -> GenerationConfig:
        return config


def source_tensors(rows: Sequence[Sequence[int]], encoding: Encoding, length: int) -> dict[str, torch.Tensor]:
    """Return what an encoder takes, each [len(rows), length] int64: the padded rows and their masks."""
    tensors = {
        "input_ids": pad_rows(rows, encoding.pad_token_id, length),
        "attention_mask": pad_rows([[1] * len(row) for row in rows], 0, length),
    }
    if encoding.global_first_token:
        tensors["global_attention_mask"] = pad_rows([[1]] * len(rows), 0, length)
    return tensors


def _prefix(params: TokenizerParams, config: PreTrainedConfig) -> str:
    if params.source_prefix is not None:
        return params.source_prefix
    tasks = getattr(config, "task_specific_params", None) or {}
    return str(tasks.get("summarization", {}).get("prefix", ""))


def _decoder_start(
    tokenizer: PreTrainedTokenizerBase, checkpoint: Checkpoint, language: str | None
) -> tuple[int, int | None]:
    """Return the decoder's start token and the forced first token of a checkpoint.

    The place of a language code shows which of the two it is. mBART-25 starts the decoder with the code and writes it
    after the end. mBART-50 makes the code a summary's first token.
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
