"""The model that is trained: built from `model.scratch`, or a checkpoint fitted to the speaker tags.

Weights are read from safetensors only.
"""

from pathlib import Path

import torch
from huggingface_hub import _CACHED_NO_EXIST, try_to_load_from_cache
from safetensors import SafetensorError
from transformers import (
    AutoModelForSeq2SeqLM,
    BartConfig,
    BartForConditionalGeneration,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils import SAFE_WEIGHTS_INDEX_NAME, SAFE_WEIGHTS_NAME

from beamline.core.errors import BeamlineError
from beamline.core.params import Scratch
from beamline.encoding.codec import TextCodec
from beamline.models.checkpoint import Checkpoint, first_line, out_of_reach, unreachable


def build_model(scratch: Scratch, codec: TextCodec) -> PreTrainedModel:
    """A small BART or T5 with random weights, drawn from torch's global generator."""
    encoding = codec.encoding
    special = {
        "vocab_size": len(codec.tokenizer),
        "pad_token_id": encoding.pad_token_id,
        "bos_token_id": encoding.decoder_start_token_id,
        "eos_token_id": encoding.eos_token_id,
        "decoder_start_token_id": encoding.decoder_start_token_id,
    }
    if scratch.family == "bart":
        return BartForConditionalGeneration(
            BartConfig(
                **special,
                # BART's own default forces the end of sequence at max_length, hiding unfinished summaries.
                forced_eos_token_id=None,
                d_model=scratch.d_model,
                encoder_layers=scratch.layers,
                decoder_layers=scratch.layers,
                encoder_attention_heads=scratch.attention_heads,
                decoder_attention_heads=scratch.attention_heads,
                encoder_ffn_dim=scratch.ffn_dim,
                decoder_ffn_dim=scratch.ffn_dim,
                dropout=scratch.dropout,
                # The default, 0.02, is for widths near 1024. A run with it wrote one summary for every dialogue;
                # batch size and warm-up differed too, so that its share in this has not been measured.
                init_std=scratch.d_model**-0.5,
                max_position_embeddings=max(encoding.max_source_tokens, encoding.max_target_tokens),
            )
        )
    return T5ForConditionalGeneration(
        T5Config(
            **special,
            d_model=scratch.d_model,
            d_kv=scratch.d_model // scratch.attention_heads,
            d_ff=scratch.ffn_dim,
            num_layers=scratch.layers,
            num_heads=scratch.attention_heads,
            dropout_rate=scratch.dropout,
        )
    )


def load_pretrained(checkpoint: Checkpoint, codec: TextCodec) -> PreTrainedModel:
    """The checkpoint's model, with an embedding for every token of `codec`.

    Its configs name the tokens that `codec` starts and ends with, so that what is saved generates by itself as here.
    """
    model = load_model(checkpoint.name, None if checkpoint.is_local else checkpoint.revision)
    encoding = codec.encoding
    for part in _parts(model):
        _stay_untied(part)
        if part.get_input_embeddings().num_embeddings < len(codec.tokenizer):
            part.resize_token_embeddings(len(codec.tokenizer), mean_resizing=False)
        _start_at_mean(part, list(encoding.new_tokens))
    _freeze_unlearnt(model)
    model.config.decoder_start_token_id = encoding.decoder_start_token_id
    model.config.pad_token_id = encoding.pad_token_id
    model.config.eos_token_id = encoding.eos_token_id
    model.generation_config.update(**encoding.generation_tokens)
    return model


def load_model(name: str | Path, revision: str | None = None) -> PreTrainedModel:
    """A sequence-to-sequence model from safetensors, in single precision.

    Raises `BeamlineError` where they can't be read, or lack weights that transformers would silently draw at random.
    """
    try:
        model, loaded = AutoModelForSeq2SeqLM.from_pretrained(
            name,
            revision=revision,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise _refusal(str(name), revision, error) from None
    # Pegasus's published checkpoints leave its sinusoids out, which are computed.
    missing = sorted(key for key in loaded["missing_keys"] if not {"embed_positions", "pooler"} & set(key.split(".")))
    if missing:
        raise BeamlineError(f"{name}: {len(missing)} weights are not in its safetensors, first {missing[0]}")
    return model


def _refusal(name: str, revision: str | None, error: Exception) -> BeamlineError:
    if out_of_reach(error):
        return unreachable(name)
    pickles = sorted(each.name for each in Path(name).glob("*.bin"))
    if pickles and not list(Path(name).glob("*.safetensors")):
        return BeamlineError(
            f"{name}: {pickles[0]} is a pickle, which can run any code when it is read; convert it to safetensors"
        )
    if revision is not None and f"named {SAFE_WEIGHTS_NAME}" in str(error):
        # transformers says so of a hub out of reach, too; what the hub doesn't have is noted in the cache.
        if try_to_load_from_cache(name, SAFE_WEIGHTS_INDEX_NAME, revision=revision) is not _CACHED_NO_EXIST:
            return unreachable(name)
        return BeamlineError(
            f"model.revision: {name} has no safetensors at {revision}; a pickle can run any code when it is read, and"
            " is refused: take a commit with safetensors, or convert it and give its directory"
        )
    return BeamlineError(f"{name}: {first_line(error)}")


def _parts(model: PreTrainedModel) -> list[PreTrainedModel]:
    """The models that own embeddings: encoder and decoder of an `EncoderDecoderModel`, else the model itself."""
    if model.config.model_type == "encoder-decoder":
        return [model.encoder, model.decoder]
    return [model]


def _freeze_unlearnt(model: PreTrainedModel) -> None:
    """Ask no gradient of what gets none: with several processes, DDP waits for every one that is asked.

    BERT's pooler is read by no decoder, the sinusoids of Pegasus and Marian are computed.
    """
    for name, module in model.named_modules():
        if name.endswith("pooler") or "Sinusoidal" in type(module).__name__:
            module.requires_grad_(False)


def _stay_untied(model: PreTrainedModel) -> None:
    """Keep an output layer that is the checkpoint's own (mT5, T5 1.1).

    transformers 5 calls every T5 tied in its config, reads such a layer all the same, and on the next resize ties it:
    the input embeddings take the place of what has just been read.
    """
    output = model.get_output_embeddings()
    if output is not None and output.weight is not model.get_input_embeddings().weight:
        model.config.tie_word_embeddings = False


@torch.no_grad()
def _start_at_mean(model: PreTrainedModel, new_tokens: list[int]) -> None:
    """Start what belongs to `new_tokens` at the mean of the others, on the input and the output side.

    A random row lies far from all others and draws probability from them (Hewitt, "Initializing New Word Embeddings
    for Pretrained Language Models", 2021).
    """
    if not new_tokens:
        return
    output = model.get_output_embeddings()
    # [vocabulary, width] or [vocabulary]; which of them there are, and which are one tensor, differs by family.
    tables = [model.get_input_embeddings().weight, getattr(output, "weight", None), getattr(output, "bias", None)]
    if hasattr(model, "final_logits_bias"):
        tables.append(model.final_logits_bias[0])
    for rows in tables:
        if rows is not None:
            # Not the rows behind them: some checkpoints are padded to a round number, and those were never trained.
            rows[new_tokens] = rows[: min(new_tokens)].mean(dim=0)
