"""Summaries through CTranslate2 (OpenNMT), whose decoding is several times faster than `generate`.

A checkpoint is converted again for every decoder, so no second copy of a model can become stale. The directory of the
conversion is deleted once the weights are in memory.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import ctranslate2
import torch
from ctranslate2.converters import Converter
from ctranslate2.converters.transformers import (
    BartLoader,
    LlamaLoader,
    MBartLoader,
    MT5Loader,
    PegasusLoader,
    T5Loader,
)
from rich.progress import track

from beamline.core import processes
from beamline.core.errors import BeamlineError
from beamline.core.files import writing
from beamline.core.params import Generation
from beamline.decoding.transformers_backend import Summary, resolve_generation, until_end
from beamline.encoding.codec import TextCodec
from beamline.models.checkpoint import first_line
from beamline.models.positions import check_max_length
from beamline.models.weights import load_model
from beamline.training.batching import group_by_budget

_ALIKE = 16  # tokens by which the prompts of a batch differ at most

# Marian's own loader drops the vocabulary's last token, which is Marian's padding only if no speaker tags follow it,
# and starts from zeros, which fine-tuned padding isn't. As a BART with other positions, it keeps both.
_LOADERS = {
    "bart": BartLoader,
    "llama": LlamaLoader,
    "marian": BartLoader,
    "mbart": MBartLoader,
    "mt5": MT5Loader,
    "pegasus": PegasusLoader,
    "t5": T5Loader,
}
# What the loaders read from a config although transformers 5 no longer writes it: whether a block normalizes its input
# instead of its output, and whether the embeddings are normalized, too.
_NORMALIZATION = {
    "bart": {"normalize_before": False, "normalize_embedding": True},
    "llama": {},
    "marian": {"normalize_before": False, "normalize_embedding": False},
    "mbart": {"normalize_before": True, "normalize_embedding": True},
    "mt5": {},
    "pegasus": {"normalize_before": True, "normalize_embedding": False},
    "t5": {},
}


class CTranslate2Decoder:
    """Writes summaries with one converted model, as `Decoder` does with one of transformers."""

    def __init__(
        self,
        directory: Path,
        codec: TextCodec,
        generation: Generation,
        device: torch.device,
        differing: Mapping[str, str],
    ) -> None:
        """Raise `BeamlineError` if `generation.max_length` exceeds the model's positions, and if CTranslate2 doesn't
        know the model's parts or can't use the device."""
        converter = _Converter(directory, codec)
        check_max_length(generation, codec.encoding, converter.model.config)
        self.codec = codec
        threads = torch.get_num_threads()
        self.workers = threads if device.type == "cpu" else 1
        self.beams = generation.num_beams
        with _temporary_directory() as converted, writing(Path(converted)):
            converter.write(Path(converted))
            try:
                # On a CPU, single-threaded workers side by side are faster than one with several threads.
                self.engine = (_Translation if codec.encoding.prompt is None else _Continuation)(
                    codec,
                    generation,
                    converted,
                    device.type,
                    device_index=device.index or 0,
                    compute_type=generation.compute_type,
                    inter_threads=self.workers,
                    intra_threads=1,
                )
            except (RuntimeError, ValueError) as error:  # a driver that is too old, a library that is missing
                raise BeamlineError(
                    f"generation.backend: ctranslate2 can't decode on {device.type} ({first_line(error)}); take"
                    " transformers, or auto"
                ) from None
            finally:
                torch.set_num_threads(threads)  # the translator sets its own number for the whole process
        backend = f"ctranslate2-{ctranslate2.__version__}-{generation.compute_type}"
        tokens = codec.encoding.generation_tokens
        self.resolved = resolve_generation(generation, tokens, converter.model.generation_config, backend, differing)

    def summaries(
        self, sources: Sequence[list[int]], *, tokens_per_batch: int, seed: int, description: str
    ) -> list[Summary]:
        """Return one summary for each source (token ids), in the order of `sources`.

        `seed` has no effect, as nothing is drawn.
        """
        order = sorted(range(len(sources)), key=lambda index: len(sources[index]), reverse=True)
        mine = processes.share(order)
        # The workers share the budget.
        budget = max(1, tokens_per_batch // (self.beams * self.workers))
        pending = self.engine.start([sources[index] for index in mine], budget)
        rows = [finish() for finish in track(pending, description, disable=not description or processes.rank() > 0)]
        ended = [until_end(row, self.codec.encoding.eos_token_id) for row in processes.gather(rows)]
        texts = self.codec.decode([row for row, _ in ended])
        written = [Summary(text, len(row), finished) for text, (row, finished) in zip(texts, ended, strict=True)]
        summaries = dict(zip(order, written, strict=True))
        return [summaries[index] for index in range(len(sources))]


class _Translation:
    """A converted sequence-to-sequence model at work. where: what CTranslate2's own class takes."""

    def __init__(self, codec: TextCodec, generation: Generation, *where: Any, **how: Any) -> None:
        self.tokenizer = codec.tokenizer
        first = codec.encoding.forced_first_token_id
        self.prefix = None if first is None else codec.tokenizer.convert_ids_to_tokens([first])
        self.settings = _shared_settings(generation) | {
            # transformers counts the start token, CTranslate2 doesn't.
            "max_decoding_length": generation.max_length - 1,
            "min_decoding_length": max(0, generation.min_length - 1),
            "max_input_length": 0,
        }
        self.translator = ctranslate2.Translator(*where, **how)
        # Missing CUDA libraries show only when something is translated, and a lone end of sequence isn't.
        self.translator.translate_batch([[codec.tokenizer.eos_token] * 2], max_decoding_length=1)

    def start(self, sources: Sequence[list[int]], budget: int) -> list[Callable[[], list[int]]]:
        """Return what waits for the tokens of each source's summary. budget: tokens of a batch."""
        pending = self.translator.translate_batch(
            [self.tokenizer.convert_ids_to_tokens(source) for source in sources],
            None if self.prefix is None else [self.prefix] * len(sources),
            asynchronous=True,
            max_batch_size=budget,
            batch_type="tokens",
            **self.settings,
        )
        return [partial(self._finish, translation) for translation in pending]

    def _finish(self, translation: Any) -> list[int]:
        ids: list[int] = self.tokenizer.convert_tokens_to_ids(translation.result().hypotheses[0])
        return ids


class _Continuation:
    """A converted decoder-only model at work. where: what CTranslate2's own class takes."""

    def __init__(self, codec: TextCodec, generation: Generation, *where: Any, **how: Any) -> None:
        self.tokenizer = codec.tokenizer
        end = codec.encoding.eos_token_id
        self.settings = _shared_settings(generation) | {
            "max_length": generation.max_length,
            "min_length": max(0, generation.min_length - 1),  # it doesn't count the end
            "include_prompt_in_result": False,
            "end_token": [end],
        }
        self.generator = ctranslate2.Generator(*where, **how)
        self.generator.generate_batch([codec.tokenizer.convert_ids_to_tokens([end, end])], max_length=1)

    def start(self, sources: Sequence[list[int]], budget: int) -> list[Callable[[], list[int]]]:
        """Return what waits for the tokens of each source's summary. budget: tokens of a batch.

        CTranslate2 reads the prompts of a batch at once up to the length of the shortest. It reads the rest one token
        at a time. So those in a batch are nearly as long as each other.
        """
        pending: list[Any] = []
        batches = group_by_budget(range(len(sources)), [(len(source),) for source in sources], budget)
        for batch in batches:
            for _, alike in groupby(batch, key=lambda index: len(sources[index]) // _ALIKE):
                rows = [self.tokenizer.convert_ids_to_tokens(sources[index]) for index in alike]
                pending += self.generator.generate_batch(rows, asynchronous=True, **self.settings)
        return [partial(self._finish, generated) for generated in pending]

    @staticmethod
    def _finish(generated: Any) -> list[int]:
        ids: list[int] = generated.result().sequences_ids[0]
        return ids


def _shared_settings(generation: Generation) -> dict[str, Any]:
    return {
        "beam_size": generation.num_beams,
        "length_penalty": generation.length_penalty,
        "repetition_penalty": generation.repetition_penalty,
        "no_repeat_ngram_size": generation.no_repeat_ngram_size,
        # A length penalty counts the end of sequence, as in transformers, only if it is returned.
        "return_end_token": True,
    }


def convert_checkpoint(directory: Path, codec: TextCodec, target: Path, compute_type: str) -> None:
    """Write a checkpoint in CTranslate2's format, its weights in float32 or int8.

    Raises `BeamlineError` if CTranslate2 doesn't know the model's parts, or the files can't be written.
    """
    with writing(target):
        _Converter(directory, codec).write(target, None if compute_type == "float32" else compute_type)


@contextmanager
def _temporary_directory() -> Iterator[str]:
    """Raise `BeamlineError` if the system has none that can be written to."""
    try:
        directory = tempfile.TemporaryDirectory()
    except OSError as error:
        raise BeamlineError(
            f"generation.backend: ctranslate2 has no room for its copy of the model ({error.strerror}); make room, or"
            " take transformers, or auto"
        ) from None
    with directory as name:
        yield name


class _Converter(Converter):
    """CTranslate2's conversion of a model that `load_model` reads: safetensors only, no code from a hub."""

    def __init__(self, directory: Path, codec: TextCodec) -> None:
        self.codec = codec
        self.directory = directory
        self.model = load_model(directory)

    def write(self, target: Path, quantization: str | None = None) -> None:
        """Write the converted model. Raises `BeamlineError` if CTranslate2 doesn't know the model's parts."""
        try:
            self.convert(str(target), quantization=quantization, force=True)
        except (KeyError, NotImplementedError, ValueError) as error:  # an activation, positions, or a vocabulary
            raise BeamlineError(
                f"{self.directory}: ctranslate2 can't convert it ({error}); set generation.backend to transformers"
            ) from None

    def _load(self) -> object:
        config, tokenizer = self.model.config, self.codec.tokenizer
        for name, value in _NORMALIZATION[config.model_type].items():
            setattr(config, name, value)
        # The loaders of T5 and mT5 scale the outputs if embeddings are tied; transformers has a separate setting.
        config.tie_word_embeddings = getattr(config, "scale_decoder_outputs", False)
        with torch.no_grad():
            specification = _LOADERS[config.model_type]()(self.model, tokenizer)
        start = self.codec.encoding.decoder_start_token_id
        if start is not None:
            specification.config.decoder_start_token = tokenizer.convert_ids_to_tokens(start)
        # No summary begins with it, but the conversion needs it.
        specification.config.bos_token = tokenizer.bos_token or tokenizer.eos_token
        return specification
