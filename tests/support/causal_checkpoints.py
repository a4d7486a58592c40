"""Tiny, randomly initialized decoder-only checkpoints, each with a tokenizer of its family, made offline.

Special tokens, chat templates and what is missing (padding, a system role) are as in the published checkpoints.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from support.checkpoints import ENGLISH, KOREAN, Family
from tokenizers import ByteLevelBPETokenizer, Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Tokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaTokenizer,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedTokenizerBase,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)

CHATML = (
    "{% for message in messages %}"
    "{% if loop.first and message.role != 'system' %}<|im_start|>system\nYou are helpful.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}\n"
    "{{ message.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message.role == 'assistant' %} {{ message.content }}{{ eos_token }}"
    "{% else %}[INST] {{ message.content }} [/INST]{% endif %}{% endfor %}"
)

SIZE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 1024,
    "initializer_range": 0.1,
}


def llama(directory: Path, texts: list[str]) -> None:
    """A base model without a chat template and without padding, whose tokenizer begins a text with `▁`."""
    tokenizer = LlamaTokenizer(*word_pieces(texts, ["<unk>", "<s>", "</s>"]), add_bos_token=True)
    save(directory, tokenizer, LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **SIZE)))


def qwen(directory: Path, texts: list[str]) -> None:
    """A chat model that thinks unless it is told not to, with rows after its vocabulary."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Qwen2Tokenizer(*byte_pairs(texts, special), eos_token="<|im_end|>", extra_special_tokens=special[1:])
    tokenizer.chat_template = CHATML
    config = Qwen3Config(vocab_size=len(tokenizer) + 40, tie_word_embeddings=True, **SIZE)
    save(directory, tokenizer, Qwen3ForCausalLM(config))


def gemma(directory: Path, texts: list[str]) -> None:
    """A chat model that ends its turn with another token than a text, and refuses a system text."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    tokenizer = GemmaTokenizer(*word_pieces(texts, special), extra_special_tokens=special[-2:])
    tokenizer.chat_template = GEMMA
    config = Gemma3TextConfig(vocab_size=len(tokenizer), sliding_window=32, query_pre_attn_scalar=16, **SIZE)
    save(directory, tokenizer, Gemma3ForCausalLM(config))


def mistral(directory: Path, texts: list[str]) -> None:
    tokenizer = LlamaTokenizer(*word_pieces(texts, ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]))
    tokenizer.add_special_tokens({"extra_special_tokens": ["[INST]", "[/INST]"]})
    tokenizer.chat_template = MISTRAL
    config = MistralConfig(vocab_size=len(tokenizer), sliding_window=64, **SIZE)
    save(directory, tokenizer, MistralForCausalLM(config))


def smollm(directory: Path, texts: list[str]) -> None:
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    ends = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    tokenizer = GPT2Tokenizer(*byte_pairs(texts, special), **ends)
    tokenizer.chat_template = CHATML
    config = LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=True, **SIZE)
    save(directory, tokenizer, LlamaForCausalLM(config))


def gpt2(directory: Path, texts: list[str]) -> None:
    """A base model with learned positions and a single special token."""
    tokenizer = GPT2Tokenizer(*byte_pairs(texts, ["<|endoftext|>"]))
    no_dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    size = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 1024, "initializer_range": 0.1}
    save(directory, tokenizer, GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **size, **no_dropout)))


CAUSAL = {
    "smollm": Family(smollm, "", ENGLISH),
    "llama": Family(llama, "", ENGLISH),
    "qwen": Family(qwen, "", KOREAN),
    "gemma": Family(gemma, "", ENGLISH),
    "mistral": Family(mistral, "", KOREAN),
    "gpt2": Family(gpt2, "", ENGLISH),
}


def save(directory: Path, tokenizer: PreTrainedTokenizerBase, model: Any) -> None:
    tokenizer.save_pretrained(directory)
    model.config.eos_token_id = model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(directory)


def byte_pairs(texts: Iterable[str], special: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    learner = ByteLevelBPETokenizer()
    learner.train_from_iterator(texts, vocab_size=500, special_tokens=special, show_progress=False)
    model = json.loads(learner._tokenizer.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def word_pieces(texts: Iterable[str], special: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Pairs of characters, with `▁` for a space and a token for each byte of what is left."""
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    first = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    learner.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=800, special_tokens=first, show_progress=False))
    model = json.loads(learner.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]
