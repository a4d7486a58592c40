"""A small model with random weights, as `model.scratch` describes it."""

from transformers import BartConfig, BartForConditionalGeneration, PreTrainedModel, T5Config, T5ForConditionalGeneration

from beamline.core.params import Scratch
from beamline.models.encoding import Encoding


def build_model(scratch: Scratch, encoding: Encoding, vocabulary: int) -> PreTrainedModel:
    """Return a small BART or T5 whose weights are drawn from torch's global generator.

    vocabulary: the number of tokens that it has embeddings for.
    """
    special = {
        "vocab_size": vocabulary,
        "pad_token_id": encoding.pad_token_id,
        "bos_token_id": encoding.decoder_start_token_id,
        "eos_token_id": encoding.eos_token_id,
        "decoder_start_token_id": encoding.decoder_start_token_id,
    }
    if scratch.family == "bart":
        return BartForConditionalGeneration(
            BartConfig(
                **special,
                # BART's own default forces the end of sequence at max_length, which hides unfinished summaries.
                forced_eos_token_id=None,
                d_model=scratch.d_model,
                encoder_layers=scratch.layers,
                decoder_layers=scratch.layers,
                encoder_attention_heads=scratch.attention_heads,
                decoder_attention_heads=scratch.attention_heads,
                encoder_ffn_dim=scratch.ffn_dim,
                decoder_ffn_dim=scratch.ffn_dim,
                dropout=scratch.dropout,
                # The default, 0.02, is for widths near 1024. A run with it wrote one summary for every dialogue.
                # Batch size and warm-up differed too, so its share in this has not been measured.
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
