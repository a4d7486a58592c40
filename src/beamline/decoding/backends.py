"""Which library decodes: transformers, or CTranslate2 if its summaries are proved to be the same.

How they decode tells which settings give the same summaries, and tests compare them on every kind of model:

- transformers applies penalties to logits in greedy search, but to log-probabilities (after the softmax) in beam
  search. CTranslate2 applies them to logits in both.
- If the decoder starts with the end of sequence (BART's own checkpoints), transformers counts that start among the
  tokens that were written, and CTranslate2 does not. The same holds for a start with padding (T5), which matters only
  to a model that would write padding.
- If a language code comes first (mBART-50), an end of sequence right after it is one beam of several in transformers.
  CTranslate2 drops it there unless it is the best of them.
- If a model goes on from a prompt, penalties count the summary alone with transformers here. CTranslate2 counts a part
  of the prompt, too.
"""

from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, assert_never

import torch
from transformers import AutoConfig, PreTrainedConfig

from beamline.core import processes
from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, Padding
from beamline.decoding.transformers_backend import Decoder, ResolvedGeneration, Summary
from beamline.encoding.codec import TextCodec
from beamline.models.checkpoint import first_line
from beamline.models.encoding import Encoding
from beamline.models.weights import load_model

CONVERTIBLE = ("bart", "llama", "marian", "mbart", "mt5", "pegasus", "t5")


class SummaryDecoder(Protocol):
    """Writes summaries with one model on one device, and says under which settings."""

    resolved: ResolvedGeneration

    def summaries(
        self, sources: Sequence[list[int]], *, tokens_per_batch: int, seed: int, description: str
    ) -> list[Summary]:
        """Return one summary for each source (token ids), in their order.

        seed: matters to sampling alone. description: of the progress on the terminal, which is not shown if it's empty.
        """
        ...


def build_decoder(
    directory: Path, codec: TextCodec, generation: Generation, padding: Padding, device: torch.device
) -> SummaryDecoder:
    """Return a decoder of the checkpoint in `directory` with the library that `generation.backend` asks for.

    `auto` takes CTranslate2 if it is installed, can do what is asked and does it as transformers does. All of several
    processes take the same.

    Raises `BeamlineError` if CTranslate2 is asked for by name and can't do what is asked, or if nothing can.
    """
    faster: SummaryDecoder | None = None
    match generation.backend:
        case "transformers":
            pass
        case "ctranslate2":
            if obstacle := find_obstacle(directory, generation):
                raise BeamlineError(obstacle)
            faster = _build_ctranslate2(directory, codec, generation, device)
        case "auto":
            if not find_obstacle(directory, generation) and not list_differences(generation, codec.encoding):
                with suppress(BeamlineError):
                    faster = _build_ctranslate2(directory, codec, generation, device)
            faster = faster if all(processes.gather([faster is not None])) else None
        case _ as unknown:
            assert_never(unknown)  # mypy's error if a name of the schema has no case here
    return faster or Decoder(load_model(directory), codec, generation, padding, device)


def _build_ctranslate2(
    directory: Path, codec: TextCodec, generation: Generation, device: torch.device
) -> SummaryDecoder:
    # An optional package, imported only by those who use it.
    from beamline.decoding.ctranslate2_backend import CTranslate2Decoder  # noqa: PLC0415

    return CTranslate2Decoder(directory, codec, generation, device, list_differences(generation, codec.encoding))


def find_obstacle(directory: Path, generation: Generation) -> str | None:
    """Return why CTranslate2 can't decode at all (the key, the reason, what to do), or None."""
    if find_spec("ctranslate2") is None:
        return "generation.backend: ctranslate2 is not installed; run: pip install -c constraints.txt ctranslate2"
    try:
        config = AutoConfig.from_pretrained(directory, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise BeamlineError(f"{directory}: not readable ({first_line(error)}); run: dvc repro train") from None
    if config.model_type not in CONVERTIBLE:
        known = ", ".join(CONVERTIBLE)
        return f"generation.backend: ctranslate2 has {known}, and not {config.model_type}; take transformers, or auto"
    for name, value, kept in _llama_parts(config):
        if value not in kept:
            return f"generation.backend: ctranslate2 has no Llama with {name} {value}; take transformers, or auto"
    if generation.do_sample:
        return "generation.do_sample: ctranslate2 draws samples that no seed repeats; set generation.backend to auto"
    return None


def _llama_parts(config: PreTrainedConfig) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the settings that a Llama's conversion depends on: the name, the value, and the values that it keeps.

    CTranslate2 computes SiLU whatever the config says. It rounds Llama 3's positions otherwise than transformers.
    """
    if config.model_type != "llama":
        return []
    positions = (config.rope_parameters or {}).get("rope_type", "default")
    return [("hidden_act", config.hidden_act, ("silu", "swish")), ("rope_type", positions, ("default", "linear"))]


def list_differences(generation: Generation, encoding: Encoding) -> dict[str, str]:
    """Return the settings that CTranslate2 applies differently from transformers, with the reason."""
    beams = generation.num_beams > 1
    starts_with_end = encoding.decoder_start_token_id == encoding.eos_token_id
    before = "with beams, ctranslate2 applies it before the softmax, transformers after it"
    exempt = "this model starts with its end of sequence, which ctranslate2 doesn't count"
    early = "with beams, ctranslate2 ends a summary right after its language code only if nothing scores higher"
    prompted = encoding.prompt is not None
    counted = "ctranslate2 counts a part of the prompt, too"
    rounded = "ctranslate2 rounds the weights to it, transformers doesn't"
    differences = [
        ("compute_type", generation.compute_type != "float32", rounded),
        ("early_stopping", beams and not generation.early_stopping, "with beams, ctranslate2 always stops early"),
        ("min_length", beams and generation.min_length > 1, before),
        ("no_repeat_ngram_size", beams and generation.no_repeat_ngram_size > 0, before),
        ("repetition_penalty", beams and generation.repetition_penalty != 1, before),
        ("no_repeat_ngram_size", prompted and generation.no_repeat_ngram_size > 0, counted),
        ("repetition_penalty", prompted and generation.repetition_penalty != 1, counted),
        ("num_beams", beams and encoding.forced_first_token_id is not None, early),
        ("no_repeat_ngram_size", starts_with_end and generation.no_repeat_ngram_size == 1, exempt),
        ("repetition_penalty", starts_with_end and generation.repetition_penalty != 1, exempt),
    ]
    return {name: reason for name, applies, reason in differences if applies}
