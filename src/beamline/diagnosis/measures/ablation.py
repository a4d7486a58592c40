"""Settings and tokens that a checkpoint's own configs ask for, for decoding with them."""

from typing import Any

from transformers import GenerationConfig

from beamline.core.params import Generation
from beamline.diagnosis.evidence import Evidence

SAME = 0.9  # share of equal summaries if one program wrote both: rounding in other batches changes a few

# What generate() uses if neither its caller nor the checkpoint asks for anything.
UNASKED = Generation(
    backend="transformers", compute_type="float32",
    num_beams=1, max_length=20, min_length=0, no_repeat_ngram_size=0, early_stopping=False, do_sample=False,
    temperature=1.0, top_k=50, top_p=1.0, repetition_penalty=1.0, length_penalty=1.0,
)  # fmt: skip


def follow_config(base: Generation, config: GenerationConfig) -> dict[str, Any]:
    """Return the settings that a checkpoint's `config` asks for, completed from `base`."""
    asked = {name: getattr(config, name, None) for name in Generation.model_fields}
    if config.max_new_tokens is not None:
        asked["max_length"] = config.max_new_tokens + 1
    return base.model_dump() | {name: value for name, value in asked.items() if value is not None}


def find_other_tokens(run: Evidence) -> dict[str, int]:
    """Return start and end tokens in the checkpoint's own configs that differ from training's, by field."""
    others: dict[str, int] = {}
    for name in ("decoder_start_token_id", "eos_token_id"):
        for config in (run.model.config, run.model.generation_config):
            asked: int | list[int] | None = getattr(config, name, None)
            if asked is None:
                continue
            tokens = asked if isinstance(asked, list) else [asked]
            if getattr(run.training_codec.encoding, name) not in tokens:
                others[name] = tokens[0]
    return others
