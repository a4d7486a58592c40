"""Decoder-only models: a prompt with the dialogue in it, which the model goes on from with the summary."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
    RepetitionPenaltyLogitsProcessor,
)

from beamline.core.errors import BeamlineError
from beamline.core.params import DIALOGUE, Model, Padding, TokenizerParams
from beamline.models.checkpoint import Checkpoint, first_line
from beamline.models.encoding import Encoding
from beamline.models.padding import IGNORED_LABEL, pad_rows, pad_rows_left
from beamline.models.truncation import count_shared, shorten

if TYPE_CHECKING:  # a stage that loads no model saves seconds
    from transformers import PreTrainedModel

# RecurrentGemma's results change with the padding before a prompt, and XGLM's config insists on a decoder's start.
_UNFIT = ("recurrent_gemma", "xglm")
_SUMMARY = "{summary}"
# What Llama's template writes if it can't ask for the date. A macro hides the function of its name from a template.
_DATE = "26 Jul 2024"
_FIXED_DATE = f"{{%- macro strftime_now(format) -%}}{_DATE}{{%- endmacro -%}}"


class Causal:
    """Llama, Qwen, Gemma, Mistral, SmolLM, GPT-2 and the like. `Family` says what a method returns."""

    name = "causal"
    model_class = AutoModelForCausalLM
    adds_tags = False  # byte-level pieces spell tags without loss, and adapters train no new embeddings

    def fits(self, config: PreTrainedConfig) -> bool:
        return config.model_type not in _UNFIT and any(
            name.endswith(("ForCausalLM", "LMHeadModel")) for name in config.architectures or ()
        )

    def position_limits(self, config: PreTrainedConfig, source_tokens: int) -> tuple[int | None, int | None]:
        """Return the model's positions, and what a source leaves of them."""
        limit = getattr(config, "max_position_embeddings", None)
        return limit, None if limit is None else max(0, limit - source_tokens)

    def make_encoding(
        self,
        tokenizer: PreTrainedTokenizerBase,
        checkpoint: Checkpoint,
        params: TokenizerParams,
        model: Model,
        new_tokens: tuple[int, ...],
    ) -> Encoding:
        """Return the encoding with the checkpoint's own chat template around `model.prompt`, if it has one.

        The summary ends with what ends the assistant's turn there, or with the end of sequence. Padding is the end
        if the tokenizer has none: it is masked wherever it is.
        """
        if params.source_prefix is not None:
            raise BeamlineError(
                f"tokenizer.source_prefix: {checkpoint.name} is a decoder-only model; leave it empty, and put the text"
                " into model.prompt"
            )
        prompt, end = _render(tokenizer, checkpoint, model)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(end)
        return Encoding(
            max_source_tokens=params.max_source_tokens,
            max_target_tokens=params.max_target_tokens,
            source_prefix="",
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=end,
            decoder_start_token_id=None,
            forced_first_token_id=None,
            new_tokens=new_tokens,
            family=self.name,
            overflow=params.overflow,
            prompt=prompt,
        )

    def encode_dialogues(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, dialogues: Sequence[str]
    ) -> list[list[int]]:
        """Return the prompt with each dialogue in it. What looks like a special token in a dialogue is plain text."""
        before, after = _prompt(encoding)
        return _encode_beginnings(tokenizer, [before + text + after for text in _as_plain_texts(tokenizer, dialogues)])

    def encode_summaries(
        self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, summaries: Sequence[str]
    ) -> list[list[int]]:
        """Return each summary with the end of the turn."""
        rows = _encode(tokenizer, _as_plain_texts(tokenizer, summaries))
        return [[*row, encoding.eos_token_id] for row in rows]

    def truncate_dialogue(self, tokenizer: PreTrainedTokenizerBase, encoding: Encoding, ids: list[int]) -> list[int]:
        """Return the prompt with the dialogue cut by `encoding.overflow`, and the instruction whole.

        Where the dialogue is cut, the instruction beside it is encoded by itself, and otherwise with the dialogue: a
        tokenizer can join or split what is at their border. Only tokens of the dialogue alone are cut.
        """
        if len(ids) <= encoding.max_source_tokens:
            return ids
        before, after = _instruction(tokenizer, encoding)
        first = _count_covering(tokenizer, ids, before)
        last = _count_covering(tokenizer, ids, after, from_end=True)
        begin = before if encoding.overflow == "start" else ids[:first]
        end = after if encoding.overflow == "end" else ids[len(ids) - last :]
        room = encoding.max_source_tokens - len(begin) - len(end)
        if room <= 0:
            return self.encode_dialogues(tokenizer, encoding, [""])[0]
        return begin + shorten(ids[first : len(ids) - last], room, encoding.overflow) + end

    def collate(
        self,
        sources: Sequence[Sequence[int]],
        targets: Sequence[Sequence[int]],
        encoding: Encoding,
        padding: Padding,
    ) -> dict[str, torch.Tensor]:
        """Return a batch in which all summaries begin in one column, so that logits are computed from there on only.

        input_ids, attention_mask: [batch, source_length] int64, the prompts, padded at their beginning.
        summary_ids: [batch, target_length - 1] int64, the summaries without their last token, padded at their end.
        labels: [batch, target_length] int64, the summaries. The lengths are as in `Seq2Seq.collate`.
        """
        fixed = padding.mode == "max_length"
        source_length = encoding.max_source_tokens if fixed else max(map(len, sources))
        target_length = encoding.max_target_tokens if fixed else max(map(len, targets))
        label_padding = IGNORED_LABEL if padding.labels == "masked" else encoding.pad_token_id
        return {
            **prompt_tensors(sources, encoding, source_length),
            "labels": pad_rows(targets, label_padding, target_length),
            "summary_ids": pad_rows([row[:-1] for row in targets], encoding.pad_token_id, target_length - 1),
        }

    def predict(self, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the logits from the prompt's last token on. Those of the prompt are never computed."""
        summary = inputs["summary_ids"]
        # What follows a summary's end needs no mask: the model looks back only, and the loss leaves it out.
        mask = torch.cat([inputs["attention_mask"], torch.ones_like(summary)], dim=1)
        logits: torch.Tensor = model(
            input_ids=torch.cat([inputs["input_ids"], summary], dim=1),
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),  # as `generate` numbers them
            use_cache=False,
            logits_to_keep=summary.shape[1] + 1,
        ).logits
        return logits

    def generate(
        self,
        model: "PreTrainedModel",
        sources: Sequence[Sequence[int]],
        encoding: Encoding,
        length: int,
        config: GenerationConfig,
    ) -> list[list[int]]:
        """Return the generated tokens without the prompt. Lengths and penalties count the summary alone.

        transformers' own penalties count the prompt of a decoder-only model, too. A `no_repeat_ngram_size` of 3 would
        then forbid every three words of the dialogue.
        """
        penalties: list[LogitsProcessor] = []
        if config.repetition_penalty != 1:
            penalties.append(RepetitionPenaltyLogitsProcessor(config.repetition_penalty))
        if config.no_repeat_ngram_size:
            penalties.append(NoRepeatNGramLogitsProcessor(config.no_repeat_ngram_size))
        inputs = prompt_tensors(sources, encoding, length)
        generated = model.generate(
            **{name: tensor.to(model.device) for name, tensor in inputs.items()},
            generation_config=self.plain_settings(config),
            logits_processor=LogitsProcessorList(_AfterPrompt(penalty, length) for penalty in penalties),
        )
        rows: list[list[int]] = generated[:, length:].tolist()
        return rows

    def plain_settings(self, config: GenerationConfig) -> GenerationConfig:
        """Return the settings without penalties, and with lengths of the summary alone."""
        settings = config.to_dict() | {
            "max_length": None,
            "max_new_tokens": config.max_length,
            "min_length": None,
            "min_new_tokens": max(0, config.min_length - 1),  # it doesn't count the end
            "no_repeat_ngram_size": None,
            "repetition_penalty": None,
        }
        return GenerationConfig(**settings)


class _AfterPrompt(LogitsProcessor):
    """A logits processor that sees the tokens after the prompt alone. length: of the padded prompt."""

    def __init__(self, processor: LogitsProcessor, length: int) -> None:
        self.processor = processor
        self.length = length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        processed: torch.Tensor = self.processor(input_ids[:, self.length :], scores)
        return processed


def prompt_tensors(rows: Sequence[Sequence[int]], encoding: Encoding, length: int) -> dict[str, torch.Tensor]:
    """Return prompts and their masks, each [len(rows), length] int64, padded at their beginning."""
    return {
        "input_ids": pad_rows_left(rows, encoding.pad_token_id, length),
        "attention_mask": pad_rows_left([[1] * len(row) for row in rows], 0, length),
    }


def _render(tokenizer: PreTrainedTokenizerBase, checkpoint: Checkpoint, model: Model) -> tuple[tuple[str, str], int]:
    """Return the text before and after the dialogue, and the token that ends a summary."""
    if tokenizer.chat_template is None:
        if model.system is not None:
            raise BeamlineError(
                f"model.system: {checkpoint.name} has no chat template, which a system text needs; leave it empty, and"
                " put the text into model.prompt"
            )
        if tokenizer.eos_token_id is None:
            raise BeamlineError(f"{checkpoint.name}: its tokenizer has no eos_token; add one and save it")
        before, after = model.prompt.split(DIALOGUE)
        return (before, after), tokenizer.eos_token_id
    messages = [{"role": "user", "content": model.prompt}]
    if model.system is not None:
        messages.insert(0, {"role": "system", "content": model.system})
    asked = _apply_template(tokenizer, checkpoint, messages)
    before, found, after = asked.partition(DIALOGUE)
    if not found or DIALOGUE in after:
        raise BeamlineError(f"{checkpoint.name}: its chat template doesn't write the user's text exactly once")
    answered = _apply_template(tokenizer, checkpoint, [*messages, {"role": "assistant", "content": _SUMMARY}])
    ending = _encode(tokenizer, [answered.rpartition(_SUMMARY)[2]])[0]
    ends_turn = ending and ending[0] in tokenizer.added_tokens_decoder
    end = ending[0] if ends_turn else tokenizer.eos_token_id
    if end is None:
        raise BeamlineError(f"{checkpoint.name}: its chat template ends no turn, and its tokenizer has no eos_token")
    return (before, after), end


def _apply_template(
    tokenizer: PreTrainedTokenizerBase, checkpoint: Checkpoint, messages: Sequence[dict[str, str]]
) -> str:
    """Return the messages in the checkpoint's chat template, which transformers runs in a sandbox.

    Thinking is off. Templates that write today's date (Llama 3, SmolLM3) get a fixed one, or each day would have
    its own prompt.
    """
    try:
        text: str = tokenizer.apply_chat_template(
            list(messages),
            chat_template=_FIXED_DATE + tokenizer.get_chat_template(),
            tokenize=False,
            add_generation_prompt=messages[-1]["role"] != "assistant",
            enable_thinking=False,
            date_string=_DATE,
        )
    except Exception as error:  # a template raises what it likes
        raise BeamlineError(
            f"{checkpoint.name}: its chat template refuses the prompt ({first_line(error)}); some take no model.system"
        ) from None
    return text


def _prompt(encoding: Encoding) -> tuple[str, str]:
    assert encoding.prompt is not None, "the encoding of a decoder-only model has a prompt"
    return encoding.prompt


def _instruction(tokenizer: PreTrainedTokenizerBase, encoding: Encoding) -> list[list[int]]:
    """Return the tokens before and after the dialogue, each part encoded by itself."""
    before, after = _prompt(encoding)
    return _encode_beginnings(tokenizer, [before]) + _encode(tokenizer, [after])


def _count_covering(
    tokenizer: PreTrainedTokenizerBase, ids: list[int], part: list[int], *, from_end: bool = False
) -> int:
    """Return how many of the first (or last) `ids` hold the text of `part`, which may be encoded otherwise there."""
    length = len(tokenizer.decode(part, clean_up_tokenization_spaces=False))
    count = count_shared(ids[::-1], part[::-1]) if from_end else count_shared(ids, part)
    while count < len(ids):
        held = ids[len(ids) - count :] if from_end else ids[:count]
        if len(tokenizer.decode(held, clean_up_tokenization_spaces=False)) >= length:
            break
        count += 1
    return count


def _encode_beginnings(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Return the tokens of texts that begin what the model reads, an end of sequence left out.

    A chat template writes all special tokens itself. Without one, the tokenizer adds its own.
    """
    if tokenizer.chat_template is not None:
        return _encode(tokenizer, texts)
    rows: list[list[int]] = tokenizer(list(texts), verbose=False)["input_ids"]
    return [row[:-1] if row[-1:] == [tokenizer.eos_token_id] else row for row in rows]


def _encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    rows: list[list[int]] = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return rows


def _as_plain_texts(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[str]:
    """Return the texts with a space in whatever would be read as a special token, such as the end of a turn."""
    special = [re.escape(token.content) for token in tokenizer.added_tokens_decoder.values() if token.special]
    written = re.compile("|".join(special) or "(?!)")
    return [written.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text) for text in texts]
