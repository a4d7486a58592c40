"""A run's files, and measurements of its model: losses with teacher forcing, and summaries decoded again.

A measurement is made when the first check asks for it, and kept. Models run on the GPU if there is one. A measurement
raises `BeamlineError` if a part that it needs is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, Padding
from beamline.decoding.backends import SummaryDecoder, build_decoder
from beamline.decoding.transformers_backend import Decoder, Summary
from beamline.diagnosis.measures.probes import Forced, force
from beamline.diagnosis.measures.stopwatch import Stopwatch
from beamline.diagnosis.parts import Parts, given
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import SAMPLE, EncodedDialogue, Example, draw_rows, first_references
from beamline.metrics import Scorer
from beamline.metrics.intervals import FloatArray
from beamline.models.weights import load_model

_FEWEST = 8  # dialogues of a sample, however slow the model is
DECODINGS = 12  # decodings of the sample that all checks need together
_PADDING = Padding(mode="longest", labels="masked")


@dataclass
class Evidence(Parts):
    """A run with its model. seconds: time for everything that needs the model, from `diagnose.seconds`."""

    seconds: float = 60.0
    _watch: Stopwatch = field(default_factory=Stopwatch, init=False, repr=False)
    _decoded: dict[tuple[Path, str, Generation], list[Summary]] = field(default_factory=dict, init=False, repr=False)
    _converted: dict[tuple[Path, Generation], SummaryDecoder] = field(default_factory=dict, init=False, repr=False)
    _models: dict[Path, PreTrainedModel] = field(default_factory=dict, init=False, repr=False)
    _swapped: dict[str, Forced] = field(default_factory=dict, init=False, repr=False)
    _sample_scorers: dict[str, Scorer] = field(default_factory=dict, init=False, repr=False)

    # The model

    @cached_property
    def device(self) -> torch.device:
        """Return the GPU if there is one, else the CPU."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def model(self) -> PreTrainedModel:
        """Return the evaluated checkpoint's model, with dropout off."""
        return self.load_model_once(given(self.checkpoint, "checkpoint"))

    def load_model_once(self, checkpoint: Path) -> PreTrainedModel:
        """Return a checkpoint's model on `device`, with dropout off. A second call returns the same object."""
        if checkpoint not in self._models:
            self._models[checkpoint] = load_model(checkpoint).to(self.device).eval()
        return self._models[checkpoint]

    @cached_property
    def model_codec(self) -> TextCodec:
        """Return the tokenizer beside the evaluated checkpoint, which decoding uses."""
        return self.load_codec_beside(given(self.checkpoint, "checkpoint"))

    def load_codec_beside(self, checkpoint: Path) -> TextCodec:
        """Return the tokenizer beside a checkpoint; `training_codec` if one from elsewhere has no encoding.json."""
        if self.kept is None and not (checkpoint / "encoding.json").is_file():
            return self.training_codec
        return TextCodec.load(checkpoint)

    @property
    def training_codec(self) -> TextCodec:
        """Return the tokenizer that the model was trained with."""
        return given(self.codec, "codec")

    # The sample

    @cached_property
    def sample_size(self) -> int:
        """Return the size of samples: `SAMPLE` dialogues, or fewer for a model that is too slow for the time.

        To measure the speed, one dialogue is decoded, and a few more unless that says enough. A small model always gets
        the whole sample, so its figures are the same on every machine.
        """
        if self.checkpoint is None or self.params is None:
            return SAMPLE
        test = given(self.splits, "splits")["test"]
        first = [test[row] for row in draw_rows(len(test), _FEWEST, self.seed)]
        for_all = self.seconds / DECODINGS
        try:
            for_one, _ = self._time_decoding(first[:1])
            if for_one > for_all / 2:  # the first run is slower, but not by so much. A third is for the replay
                return max(1, min(_FEWEST, int(self.seconds / 3 / for_one)))
            if for_one * SAMPLE <= 2 * for_all:  # batches take less than half of the time
                return SAMPLE
            for_first, summaries = self._time_decoding(first)
        except BeamlineError:  # no check can decode with such a model, and one reports why
            return SAMPLE
        size = max(_FEWEST, min(SAMPLE, int(for_all * len(first) / max(for_first, 1e-6))))
        if size <= len(first):  # what was decoded is the sample
            self._decoded[self.checkpoint, "test", self.params.generation] = summaries
        return size

    def _time_decoding(self, dialogues: Sequence[EncodedDialogue]) -> tuple[float, list[Summary]]:
        """Return the seconds of work to decode these dialogues as the evaluation did, and the summaries."""
        checkpoint, generation = given(self.checkpoint, "checkpoint"), given(self.params, "params").generation
        # Loading or converting a model takes the same time for any number of dialogues.
        if generation.backend == "transformers":
            self.load_model_once(checkpoint)
        else:
            self._convert_once(checkpoint, generation)
        watch = Stopwatch()
        summaries = self._decode_from(checkpoint, generation, dialogues, "decoding")
        return watch.seconds, summaries

    def sample(self, split: str) -> list[EncodedDialogue]:
        """Return at most `sample_size` dialogues of a split, drawn by the seed, in the order of the data."""
        dialogues = given(self.splits, "splits")[split]
        return [dialogues[row] for row in self.sample_rows(split)]

    def sample_rows(self, split: str) -> list[int]:
        """Return the rows of the split that are in its `sample`, ascending."""
        return draw_rows(len(given(self.splits, "splits")[split]), self.sample_size, self.seed)

    def sample_scores(self, split: str, summaries: Sequence[str]) -> FloatArray:
        """Return headline scores for summaries of the `sample`, by the tokenizer of `scorer`: float64 [sample], 0-1."""
        if split not in self._sample_scorers:
            records = [dialogue.record for dialogue in self.sample(split)]
            references, dialogues = [record.references for record in records], [record.dialogue for record in records]
            self._sample_scorers[split] = self.scorer_with(references, dialogues, tokenizer=self.scorer.tokenizer)
        return self._sample_scorers[split].headline_scores(summaries)

    def can_afford(self, share: float = 1 / DECODINGS) -> bool:
        """Return whether this share of `seconds` is left. The time of other programs is not counted."""
        return self.seconds - self._watch.seconds >= share * self.seconds

    def afford(self, share: float = 1 / DECODINGS) -> None:
        """Raise `BeamlineError` if less than this share of `seconds` is left."""
        if not self.can_afford(share):
            raise BeamlineError(f"left out: diagnose.seconds ({self.seconds:g}) ran out; raise it to run this check")

    # Teacher forcing

    def force(self, examples: Sequence[Example], *, attend: bool = True) -> Forced:
        """Teacher-force `examples` with the evaluated checkpoint; see `probes.force`."""
        self.afford()
        return force(self.model, self.training_codec, examples, self.device, attend=attend)

    @cached_property
    def forced(self) -> Forced:
        """Return the sample of test with teacher forcing, with each dialogue's first reference."""
        return self.force(first_references(self.sample("test")))

    @cached_property
    def forced_in_training(self) -> Forced:
        """Return the sample of train with teacher forcing, which the model should know."""
        return self.force(first_references(self.sample("train")))

    def force_swapped(self, split: str) -> Forced:
        """Return the sample of a split with teacher forcing, with the next dialogue in place of the right one."""
        if split not in self._swapped:
            examples = first_references(self.sample(split))
            moved = [*examples[1:], *examples[:1]]
            self._swapped[split] = self.force(
                [replace(a, labels=b.labels) for a, b in zip(moved, examples, strict=True)]
            )
        return self._swapped[split]

    @cached_property
    def frequency_losses(self) -> FloatArray:
        """Return the loss of each token if only its frequency in the training summaries is known.

        In nats, float64 [vocabulary]. One is added to each count, so every token has a probability.
        """
        labels = [row for dialogue in given(self.splits, "splits")["train"] for row in dialogue.labels]
        counts = np.bincount(np.concatenate(labels), minlength=len(self.training_codec.tokenizer)) + 1.0
        return np.asarray(-np.log(counts / counts.sum()))

    # Decoding

    def decode(self, split: str, *, checkpoint: Path | None = None, **changes: Any) -> list[str]:
        """Return summaries of the split's `sample`, with the `generation` of params.yaml and `changes` to it.

        checkpoint: one of `kept`, if it is not the evaluated one. The same settings are decoded only once.
        """
        return [summary.text for summary in self.decode_whole(split, checkpoint=checkpoint, **changes)]

    def decode_whole(self, split: str, *, checkpoint: Path | None = None, **changes: Any) -> list[Summary]:
        """Return what `decode` does, with the number of tokens of each summary and whether the model ended it."""
        generation = given(self.params, "params").generation.model_copy(update=changes)
        directory = checkpoint or given(self.checkpoint, "checkpoint")
        key = (directory, split, generation)
        if key not in self._decoded:
            if split == "validation":  # an experiment. A replay, on test, is always made.
                self.afford()
            what = ", ".join([split, directory.name, *(f"{name} {value}" for name, value in changes.items())])
            self._decoded[key] = self._decode_from(directory, generation, self.sample(split), what)
        return self._decoded[key]

    def _decode_from(
        self, directory: Path, generation: Generation, dialogues: Sequence[EncodedDialogue], description: str
    ) -> list[Summary]:
        """Return summaries by a checkpoint, with the library that `generation` asks for."""
        if generation.backend == "transformers":
            model, codec = self.load_model_once(directory), self.load_codec_beside(directory)
            return self._summarize(model, codec, generation, dialogues, description=description)
        decoder = self._convert_once(directory, generation)
        return self._summaries(decoder, dialogues, self.seed, description)

    def _convert_once(self, directory: Path, generation: Generation) -> SummaryDecoder:
        """Return a decoder of another library. A second call returns that of the evaluation, which is needed often."""
        if (directory, generation) in self._converted:
            return self._converted[directory, generation]
        decoder = build_decoder(directory, self.load_codec_beside(directory), generation, _PADDING, self.device)
        if (directory, generation) == (self.checkpoint, given(self.params, "params").generation):
            self._converted[directory, generation] = decoder
        return decoder

    def summarize(
        self,
        model: PreTrainedModel,
        codec: TextCodec,
        generation: Generation,
        dialogues: Sequence[EncodedDialogue],
        *,
        seed: int | None = None,
        dropout: bool = False,
        description: str = "decoding",
    ) -> list[str]:
        """Return summaries of any dialogues by any model, tokenizer and settings.

        seed: of sampling and dropout; None for the run's own. dropout: decode with the model in training mode. Raises
        `BeamlineError` for a token that the model has no embedding for.
        """
        summaries = self._summarize(model, codec, generation, dialogues, seed, dropout, description)
        return [summary.text for summary in summaries]

    def _summarize(
        self,
        model: PreTrainedModel,
        codec: TextCodec,
        generation: Generation,
        dialogues: Sequence[EncodedDialogue],
        seed: int | None = None,
        dropout: bool = False,
        description: str = "decoding",
    ) -> list[Summary]:
        known = model.get_input_embeddings().num_embeddings
        highest = max(max(dialogue.input_ids) for dialogue in dialogues)
        if highest >= known:
            raise BeamlineError(f"the model has embeddings for {known} tokens, and the tokenizer gives token {highest}")
        _, limit = codec.family.position_limits(model.config, codec.encoding.max_source_tokens)
        if limit is not None:
            generation = generation.model_copy(update={"max_length": min(generation.max_length, limit)})
        own_settings = model.generation_config  # building a decoder removes them
        try:
            decoder = Decoder(model, codec, generation, _PADDING, self.device)
            model.train(dropout)
            return self._summaries(decoder, dialogues, self.seed if seed is None else seed, description)
        finally:
            model.eval()
            model.generation_config = own_settings

    def _summaries(
        self, decoder: SummaryDecoder, dialogues: Sequence[EncodedDialogue], seed: int, description: str
    ) -> list[Summary]:
        budget = given(self.params, "params").evaluate.tokens_per_batch
        sources = [dialogue.input_ids for dialogue in dialogues]
        return decoder.summaries(sources, tokens_per_batch=budget, seed=seed, description=description)

    @property
    def rewritten(self) -> list[str]:
        """Return the test `sample` decoded again, with the settings and the checkpoint of the evaluation."""
        return self.decode("test")

    @cached_property
    def written(self) -> list[str]:
        """Return the predictions for the test `sample`, in its order.

        Raises `BeamlineError` if the predictions belong to other dialogues.
        """
        predictions = given(self.predictions, "predictions")
        rows, test = self.sample_rows("test"), given(self.splits, "splits")["test"]
        if list(predictions.dialogues or []) != [dialogue.record.dialogue for dialogue in test]:
            raise BeamlineError("the predictions do not belong to the test split's dialogues")
        return [predictions.summaries[row] for row in rows]
