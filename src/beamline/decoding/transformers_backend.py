"""Summaries through transformers' `generate`, under exactly the settings of `generation` in params.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from rich.progress import track
from transformers import GenerationConfig, PreTrainedModel

from beamline.core import processes
from beamline.core.memory import Parts
from beamline.core.params import Generation, Padding
from beamline.encoding.codec import TextCodec
from beamline.models.positions import check_max_length
from beamline.training.batching import group_by_budget

_BEAM_ONLY = ("early_stopping", "length_penalty")
_SAMPLING_ONLY = ("temperature", "top_k", "top_p")
_NOT_DECODING = ("_", "output_", "return_", "transformers_version", "use_cache", "bos_token_id")


@dataclass(frozen=True)
class Summary:
    """A decoded summary. tokens: their number, without start and end. finished: the model wrote an end of sequence."""

    text: str
    tokens: int
    finished: bool


@dataclass(frozen=True)
class ResolvedGeneration:
    """What decoding really does with `generation`.

    backend: what decodes, as in the signature. settings: what is in force. ignored: settings that this kind of
    decoding doesn't read, with the reason. differing: settings that the backend applies differently from transformers,
    with the reason. overridden: what the checkpoint's own generation_config asked for in place of a setting in force.
    """

    backend: str
    settings: dict[str, Any]
    ignored: dict[str, str]
    differing: dict[str, str]
    overridden: dict[str, Any]


def resolve_generation(
    generation: Generation,
    tokens: Mapping[str, int | None],
    checkpoint: GenerationConfig,
    backend: str = "transformers",
    differing: Mapping[str, str] = MappingProxyType({}),
) -> ResolvedGeneration:
    """Return what is in force of `generation`, and what is not.

    tokens: `Encoding.generation_tokens`. checkpoint: the checkpoint's own settings, which are overridden.
    """
    settings = generation.model_dump(exclude={"backend", "compute_type"})
    ignored: dict[str, str] = {}
    if generation.num_beams == 1:
        ignored |= dict.fromkeys(_BEAM_ONLY, "needs num_beams above 1")
    if not generation.do_sample:
        ignored |= dict.fromkeys(_SAMPLING_ONLY, "needs do_sample: true")
    for name in ignored:
        del settings[name]
    if backend == "transformers":
        ignored["compute_type"] = "needs backend: ctranslate2"
    # A setting that params.yaml lacks is at its neutral default here, and a checkpoint can't turn it on.
    asked = {
        name: value
        for name, value in checkpoint.to_diff_dict().items()
        if not name.startswith(_NOT_DECODING) and {**tokens, **settings}.get(name) != value
    }
    return ResolvedGeneration(backend, settings, ignored, dict(differing), dict(sorted(asked.items())))


class Decoder:
    """Writes summaries with one model on one device."""

    def __init__(
        self, model: PreTrainedModel, codec: TextCodec, generation: Generation, padding: Padding, device: torch.device
    ) -> None:
        """Raise `BeamlineError` if `generation.max_length` exceeds the model's positions."""
        check_max_length(generation, codec.encoding, model.config)
        self.resolved = resolve_generation(generation, codec.encoding.generation_tokens, model.generation_config)
        self.model = model.to(device).eval()
        self.codec = codec
        self.device = device
        self.fixed_length = codec.encoding.max_source_tokens if padding.mode == "max_length" else None
        self.config = GenerationConfig(**self.resolved.settings, **codec.encoding.generation_tokens)
        # generate() fills what its config leaves open from the model's own; it must find nothing there.
        self.model.generation_config = GenerationConfig()

    def summaries(
        self, sources: Sequence[list[int]], *, tokens_per_batch: int, seed: int, description: str
    ) -> list[Summary]:
        """Return one summary for each source (token ids), in the order of `sources`.

        The longest are decoded first, in batches of `tokens_per_batch` padded source tokens times beams. That makes
        little padding, and most memory is needed first. `seed` matters to sampling alone. Each batch has its own random
        numbers, so processes that share the batches write what one process would.
        """
        lengths = [(len(source) * self.config.num_beams,) for source in sources]
        order = sorted(range(len(sources)), key=lengths.__getitem__, reverse=True)
        batches = group_by_budget(order, lengths, tokens_per_batch)
        numbered = processes.share(list(enumerate(batches)))
        # A batch in parts would draw other random numbers, and nothing in the metrics would show it.
        parts = Parts("evaluate", uncut="evaluate.tokens_per_batch" if self.config.do_sample else None)
        decoded: list[Sequence[Summary]] = []
        with torch.random.fork_rng():
            for number, batch in track(numbered, description, disable=not description or processes.rank() > 0):
                torch.manual_seed(int(np.random.default_rng([seed, number]).integers(2**63)))
                decode = partial(self._decode, [sources[index] for index in batch])
                decoded.append(list(chain(*parts.run(len(batch), decode))))
        summaries = dict(zip(order, chain(*processes.gather(decoded)), strict=True))
        return [summaries[index] for index in range(len(sources))]

    @torch.inference_mode()
    def _decode(self, sources: Sequence[list[int]], rows: slice) -> list[Summary]:
        encoding, length = self.codec.encoding, self.fixed_length or max(map(len, sources))
        generated = self.codec.family.generate(self.model, sources[rows], encoding, length, self.config)
        written = [until_end(row, encoding.eos_token_id) for row in generated]
        texts = self.codec.decode([row for row, _ in written])
        return [Summary(text, len(row), finished) for text, (row, finished) in zip(texts, written, strict=True)]


def until_end(row: list[int], eos_token_id: int) -> tuple[list[int], bool]:
    """Return the tokens before the first end of sequence, and whether there is one."""
    if eos_token_id in row:
        return row[: row.index(eos_token_id)], True
    return row, False
