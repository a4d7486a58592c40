"""The files of a run that the diagnosis looks at, and what it measures of them more than once.

A part that is missing is None, and the checks that need it don't apply. Of a system from elsewhere there may be only
its summaries and their references.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, Padding, Params, Rouge
from beamline.core.records import Predictions
from beamline.core.report_parts import Line
from beamline.decoding.backends import SummaryDecoder, build_decoder
from beamline.decoding.transformers_backend import Decoder
from beamline.diagnosis.measures import trivial_summaries
from beamline.diagnosis.measures.probes import Forced, force
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue, Example, first_references
from beamline.metrics import DEFAULT_HEADLINE, Scorer
from beamline.metrics.intervals import FloatArray
from beamline.models.weights import load_model

SAMPLE = 80  # dialogues that a model is tried on: an interval of about 4 points, under 30 seconds for all checks
BASELINE_ROWS = 200  # dialogues that the baselines are compared on: they need no model, so more can be afforded
TRUSTED_COVERAGE = 0.9
_PADDING = Padding(mode="longest", labels="masked")

Part = TypeVar("Part")


@dataclass
class Evidence:
    """A run, as far as it is known.

    predictions: of the test set. splits: data/prepared, by split. codec: its tokenizer. checkpoint: directory of the
    checkpoint that was evaluated; kept: directories of all that were kept, the lowest validation loss first.
    root: the directory that holds the run's other files (wandb/). sampled_from: the number of training dialogues, if
    `splits` has only a sample of them.

    Everything is measured once, when the first check asks for it. Models run on the GPU if there is one. A measurement
    raises `BeamlineError` if a part that it needs is missing.
    """

    seed: int
    rouge: Rouge
    predictions: Predictions | None = None
    params: Params | None = None
    splits: Mapping[str, Sequence[EncodedDialogue]] | None = None
    codec: TextCodec | None = None
    checkpoint: Path | None = None
    kept: Sequence[Path] | None = None
    epochs: Sequence[Epoch] | None = None
    recorded: Recorded | None = None
    root: Path | None = None
    sampled_from: int | None = None
    _decoded: dict[tuple[Path, str, Generation], list[str]] = field(default_factory=dict, repr=False)
    _models: dict[Path, PreTrainedModel] = field(default_factory=dict, repr=False)

    @property
    def notes(self) -> list[Line]:
        """Return what a report has to say about how the run was looked at."""
        if self.splits is None or self.sampled_from is None:
            return []
        count = len(self.splits["train"])
        return [Line(f"The checks looked at {count:,} of {self.sampled_from:,} training dialogues, drawn by the seed.")]

    # The metric

    @cached_property
    def reported_scorer(self) -> Scorer:
        """Return a scorer with the run's own settings, however little its tokenizer sees."""
        return self.scorer_with()

    @cached_property
    def scorer(self) -> Scorer:
        """Return the run's own scorer if its tokenizer sees the references' script, else one whose tokenizer does.

        What is measured with it can be trusted even if the run's own metric is blind.
        """
        if self.reported_scorer.coverage >= TRUSTED_COVERAGE:
            return self.reported_scorer
        return self.scorer_with(tokenizer="auto")

    @property
    def headline(self) -> str:
        """Return the column that decides here: the run's `metrics.headline`, or `rouge_f` without params.yaml."""
        return DEFAULT_HEADLINE if self.params is None else self.params.metrics.headline

    def scorer_with(
        self,
        references: Sequence[Sequence[str]] | None = None,
        dialogues: Sequence[str] | None = None,
        **changes: Any,
    ) -> Scorer:
        """Return a scorer with other settings of `rouge`, or for other references than those of the predictions.

        dialogues: those of `references`, if known.
        """
        rouge = self.rouge.model_copy(update={"minimum_coverage": 0.0, **changes})
        if references is None:
            predictions = self._given(self.predictions, "predictions")
            references, dialogues = predictions.references, predictions.dialogues
        return Scorer(rouge, references, dialogues, headline=self.headline, seed=self.seed)

    @cached_property
    def scores(self) -> FloatArray:
        """Return the headline score of each prediction by the trusted `scorer`: float64 [dialogues], 0-1."""
        predictions = self._given(self.predictions, "predictions")
        return self.scorer.headline_scores(predictions.summaries)

    @cached_property
    def leads(self) -> dict[str, FloatArray]:
        """Return by how much each prediction's headline score is above each baseline's, by the baseline's name.

        Each is float64 [dialogues], -1 to 1, for at most `BASELINE_ROWS` dialogues drawn by the seed. A baseline whose
        texts are missing is left out.
        """
        predictions = self._given(self.predictions, "predictions")
        count = len(predictions.summaries)
        rows = np.random.default_rng(self.seed).choice(count, min(BASELINE_ROWS, count), replace=False)
        dialogues = [""] * len(rows) if predictions.dialogues is None else [predictions.dialogues[row] for row in rows]
        baselines = {} if predictions.dialogues is None else trivial_summaries.from_dialogues()
        if self.splits is not None:
            training = self.splits["train"]
            texts = (
                [dialogue.record.dialogue for dialogue in training],
                [dialogue.record.references[0] for dialogue in training],
            )
            baselines |= trivial_summaries.from_training(*texts, seed=self.seed)
        scorer = self.scorer_with(
            [predictions.references[row] for row in rows],
            None if predictions.dialogues is None else dialogues,
            tokenizer=self.scorer.tokenizer,
        )
        own = self.scores[rows]
        return {name: own - scorer.headline_scores(copy(dialogues)) for name, copy in baselines.items()}

    # The model

    @cached_property
    def device(self) -> torch.device:
        """Return the GPU if there is one, else the CPU."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def model(self) -> PreTrainedModel:
        """Return the evaluated checkpoint's model, with dropout off."""
        return self.load_model_once(self._given(self.checkpoint, "checkpoint"))

    def load_model_once(self, checkpoint: Path) -> PreTrainedModel:
        """Return a checkpoint's model on `device`, with dropout off. A second call returns the same object."""
        if checkpoint not in self._models:
            self._models[checkpoint] = load_model(checkpoint).to(self.device).eval()
        return self._models[checkpoint]

    @cached_property
    def model_codec(self) -> TextCodec:
        """Return the tokenizer beside the evaluated checkpoint, which decoding uses."""
        return self.load_codec_beside(self._given(self.checkpoint, "checkpoint"))

    def load_codec_beside(self, checkpoint: Path) -> TextCodec:
        """Return the tokenizer beside a checkpoint, or `training_codec` if one from elsewhere has no encoding.json."""
        if self.kept is None and not (checkpoint / "encoding.json").is_file():
            return self.training_codec
        return TextCodec.load(checkpoint)

    def sample(self, split: str) -> list[EncodedDialogue]:
        """Return at most `SAMPLE` dialogues of a split, drawn by the seed, in the order of the data."""
        dialogues = self._given(self.splits, "splits")[split]
        return [dialogues[index] for index in self.sample_rows(split)]

    def sample_rows(self, split: str) -> list[int]:
        """Return the rows of the split that its `sample` is drawn from, ascending."""
        count = len(self._given(self.splits, "splits")[split])
        drawn = np.random.default_rng(self.seed).choice(count, min(SAMPLE, count), replace=False)
        return sorted(drawn.tolist())

    def force(self, examples: Sequence[Example], *, attend: bool = True) -> Forced:
        """Teacher-force `examples` with the evaluated checkpoint; see `probes.force`."""
        return force(self.model, self.training_codec, examples, self.device, attend=attend)

    @cached_property
    def forced(self) -> Forced:
        """Return the sample of test with teacher forcing, with each dialogue's first reference."""
        return self.force(first_references(self.sample("test")))

    @cached_property
    def forced_in_training(self) -> Forced:
        """Return the sample of train with teacher forcing: what the model should know, whatever test holds."""
        return self.force(first_references(self.sample("train")))

    @cached_property
    def frequency_losses(self) -> FloatArray:
        """Return the loss of each token if only its frequency in the training summaries were known.

        In nats, float64 [vocabulary]. One is added to each count, so that a token without an occurrence has a
        probability, too.
        """
        labels = [row for dialogue in self._given(self.splits, "splits")["train"] for row in dialogue.labels]
        counts = np.bincount(np.concatenate(labels), minlength=len(self.training_codec.tokenizer)) + 1.0
        return np.asarray(-np.log(counts / counts.sum()))

    @property
    def training_codec(self) -> TextCodec:
        """Return the tokenizer that the model was trained with."""
        return self._given(self.codec, "codec")

    # Decoding

    def decode(self, split: str, *, checkpoint: Path | None = None, **changes: Any) -> list[str]:
        """Return summaries of the split's `sample`, with `generation` of params.yaml and `changes` to it.

        checkpoint: one of `kept`, if it is not the evaluated one. Each setting is decoded once.
        """
        generation = self._given(self.params, "params").generation.model_copy(update=changes)
        directory = checkpoint or self._given(self.checkpoint, "checkpoint")
        key = (directory, split, generation)
        if key not in self._decoded:
            codec = self.load_codec_beside(directory)
            what = ", ".join([split, directory.name, *(f"{name} {value}" for name, value in changes.items())])
            if generation.backend == "transformers":
                model = self.load_model_once(directory)
                self._decoded[key] = self.summarize(model, codec, generation, self.sample(split), description=what)
            else:
                decoder = build_decoder(directory, codec, generation, _PADDING, self.device)
                self._decoded[key] = self._summaries(decoder, self.sample(split), self.seed, what)
        return self._decoded[key]

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
        """Return summaries of any dialogues, by any model, tokenizer and settings.

        seed: of sampling and dropout; None: the run's own. dropout: decode with the model in training mode.
        Raises `BeamlineError` for a token that the model has no embedding for.
        """
        known = model.get_input_embeddings().num_embeddings
        highest = max(max(dialogue.input_ids) for dialogue in dialogues)
        if highest >= known:
            raise BeamlineError(f"the model has embeddings for {known} tokens, the tokenizer gives token {highest}")
        _, limit = codec.family.position_limits(model.config, codec.encoding.max_source_tokens)
        if limit is not None:
            generation = generation.model_copy(update={"max_length": min(generation.max_length, limit)})
        own_settings = model.generation_config  # a decoder takes them away
        try:
            decoder = Decoder(model, codec, generation, _PADDING, self.device)
            model.train(dropout)
            return self._summaries(decoder, dialogues, self.seed if seed is None else seed, description)
        finally:
            model.eval()
            model.generation_config = own_settings

    def _summaries(
        self, decoder: SummaryDecoder, dialogues: Sequence[EncodedDialogue], seed: int, description: str
    ) -> list[str]:
        budget = self._given(self.params, "params").evaluate.tokens_per_batch
        sources = [dialogue.input_ids for dialogue in dialogues]
        summaries = decoder.summaries(sources, tokens_per_batch=budget, seed=seed, description=description)
        return [summary.text for summary in summaries]

    @property
    def rewritten(self) -> list[str]:
        """Return the test `sample` decoded once more, with the settings and the checkpoint of the evaluation."""
        return self.decode("test")

    @cached_property
    def written(self) -> list[str]:
        """Return the summaries that the predictions hold for the test `sample`, in its order.

        Raises `BeamlineError` if they are of other dialogues.
        """
        predictions = self._given(self.predictions, "predictions")
        rows, test = self.sample_rows("test"), self._given(self.splits, "splits")["test"]
        if list(predictions.dialogues or []) != [dialogue.record.dialogue for dialogue in test]:
            raise BeamlineError("the predictions are not of the test split's dialogues")
        return [predictions.summaries[row] for row in rows]

    def sample_scores(self, split: str, summaries: Sequence[str]) -> FloatArray:
        """Return the headline scores of summaries of the `sample`, by the trusted tokenizer: float64 [sample], 0-1."""
        return self._sample_scorer(split).headline_scores(summaries)

    def _sample_scorer(self, split: str) -> Scorer:
        if split not in self._sample_scorers:
            records = [dialogue.record for dialogue in self.sample(split)]
            references, dialogues = [record.references for record in records], [record.dialogue for record in records]
            self._sample_scorers[split] = self.scorer_with(references, dialogues, tokenizer=self.scorer.tokenizer)
        return self._sample_scorers[split]

    @cached_property
    def _sample_scorers(self) -> dict[str, Scorer]:
        return {}

    @staticmethod
    def _given(part: Part | None, name: str) -> Part:
        if part is None:
            raise BeamlineError(f"needs {name.replace('_', ' ')}")
        return part
