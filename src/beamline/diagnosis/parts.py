"""The files of a run that the diagnosis reads, and the scorers for its texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from beamline.core.errors import BeamlineError
from beamline.core.params import Params, Rouge
from beamline.core.records import Dialogue, Predictions
from beamline.core.report_parts import Line
from beamline.data.two_sample import Difference, find_differences
from beamline.diagnosis.measures import trivial_summaries
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import SAMPLE, EncodedDialogue, Examples, draw_rows, examples
from beamline.metrics import DEFAULT_HEADLINE, Scorer
from beamline.metrics.intervals import FloatArray

TRUSTED_COVERAGE = 0.9

_NAMES = {
    "checkpoint": "the checkpoint",
    "codec": "the tokenizer",
    "epochs": "the training curves",
    "kept": "the kept checkpoints",
    "params": "params.yaml",
    "predictions": "the predictions",
    "raw": "the dialogues of data.path",
    "recorded": "what the stages recorded",
    "splits": "data/prepared",
    "training_splits": "the data/prepared that it was trained on",
}  # of parts, in sentences

Part = TypeVar("Part")
Splits = Mapping[str, Sequence[EncodedDialogue]]


@dataclass
class Parts:
    """A run, as far as it is known. A part that is missing is None: of another system, there may be only predictions.

    predictions: of the test set. splits: data/prepared, by split, with a sample of train if it is large. whole_train:
    all of train. raw: the dialogues of data.path, by split. codec: the tokenizer of data/prepared. checkpoint: the
    directory of the evaluated checkpoint. kept: the directories of all kept checkpoints, the lowest validation loss
    first. epochs: the training curves. recorded: what the stages recorded. root: the directory of the run's other
    files.
    """

    seed: int
    rouge: Rouge
    predictions: Predictions | None = None
    params: Params | None = None
    splits: Splits | None = None
    whole_train: Sequence[EncodedDialogue] | None = None
    raw: Mapping[str, Iterable[Dialogue]] | None = None
    codec: TextCodec | None = None
    checkpoint: Path | None = None
    kept: Sequence[Path] | None = None
    epochs: Sequence[Epoch] | None = None
    recorded: Recorded | None = None
    root: Path | None = None

    @property
    def notes(self) -> list[Line]:
        """Return what a report says about how the run was checked."""
        if self.splits is None or self.whole_train is None or len(self.splits["train"]) == len(self.whole_train):
            return []
        looked, whole = len(self.splits["train"]), len(self.whole_train)
        return [Line(f"The checks looked at {looked:,} of {whole:,} training dialogues, drawn by the seed.")]

    def training_examples(self, params: Params) -> Examples:
        """Return the examples that training drew from train, in the order of the data."""
        train = given(self.splits, "splits")["train"] if self.whole_train is None else self.whole_train
        return examples(train, draw_rows(len(train), params.train.max_examples or len(train), params.seed))

    def text_sample(self, split: str) -> list[EncodedDialogue]:
        """Return at most `SAMPLE` dialogues of a split, drawn by the seed, in the order of the data."""
        dialogues = given(self.splits, "splits")[split]
        return [dialogues[row] for row in draw_rows(len(dialogues), SAMPLE, self.seed)]

    @property
    def training_splits(self) -> Splits | None:
        """Return `splits` if the model was trained on them; None for a checkpoint from elsewhere (`--model`)."""
        return self.splits if self.kept is not None or self.checkpoint is None else None

    @cached_property
    def dialogue_differences(self) -> list[Difference]:
        """Return the features that differ between dialogues of test and train, the clearest first.

        A dialogue that is in a split several times counts once: copies would make chance look certain.
        """
        splits = given(self.training_splits, "training_splits")
        test, train = (
            list(dict.fromkeys(dialogue.record.dialogue for dialogue in splits[split])) for split in ("test", "train")
        )
        return find_differences(test, train, seed=self.seed)

    @cached_property
    def reported_scorer(self) -> Scorer:
        """Return a scorer with the run's own settings, even if its tokenizer drops letters of the references."""
        return self.scorer_with()

    @cached_property
    def scorer(self) -> Scorer:
        """Return the run's own scorer if its tokenizer keeps the references' letters, else one whose tokenizer does.

        Its scores can be trusted even if the run's own metric can't.
        """
        if self.reported_scorer.coverage >= TRUSTED_COVERAGE:
            return self.reported_scorer
        return self.scorer_with(tokenizer="auto")

    @property
    def headline(self) -> str:
        """Return the name of the headline score: the run's `metrics.headline`, or `rouge_f` without params.yaml."""
        return DEFAULT_HEADLINE if self.params is None else self.params.metrics.headline

    def scorer_with(
        self,
        references: Sequence[Sequence[str]] | None = None,
        dialogues: Sequence[str] | None = None,
        **changes: Any,
    ) -> Scorer:
        """Return a scorer with other settings of `rouge`, or for references other than those of the predictions.

        dialogues: those of `references`, if known.
        """
        rouge = self.rouge.model_copy(update={"minimum_coverage": 0.0, **changes})
        if references is None:
            predictions = given(self.predictions, "predictions")
            references, dialogues = predictions.references, predictions.dialogues
        return Scorer(rouge, references, dialogues, headline=self.headline, seed=self.seed)

    @cached_property
    def scores(self) -> FloatArray:
        """Return the headline score of each prediction by `scorer`: float64 [dialogues], 0-1."""
        predictions = given(self.predictions, "predictions")
        return self.scorer.headline_scores(predictions.summaries)

    def rescore(self, summaries: Sequence[str], references: Sequence[Sequence[str]]) -> FloatArray:
        """Return the headline scores, 0 to 1, of other summaries and references, by the tokenizer of `scorer`."""
        return self.scorer_with(references, tokenizer=self.scorer.tokenizer).headline_scores(summaries)

    @cached_property
    def leads(self) -> dict[str, FloatArray]:
        """Return the difference of each prediction's headline score to that of each baseline, by the baseline's name.

        float64 [dialogues], -1 to 1, for at most `SAMPLE` dialogues drawn by the seed. A baseline is left out if
        the texts that it needs are missing.
        """
        predictions = given(self.predictions, "predictions")
        rows = draw_rows(len(predictions.summaries), SAMPLE, self.seed)
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


def needs(names: Sequence[str]) -> str:
    """Return what a check says that lacks these parts of a run."""
    *others, last = (_NAMES.get(name, name) for name in names)
    return f"needs {' and '.join(filter(None, [', '.join(others), last]))}"


def given(part: Part | None, name: str) -> Part:
    """Return a part of a run. Raises `BeamlineError` if it is missing."""
    if part is None:
        raise BeamlineError(needs([name]))
    return part
