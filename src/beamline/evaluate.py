"""The `evaluate` stage: choose a checkpoint on validation under the decoding that is reported, then score test with it.

python -m beamline.evaluate
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
import transformers
from rich.console import Console

from beamline.core import paths, processes
from beamline.core.errors import BeamlineError, run
from beamline.core.files import replaced_directory, to_json, to_jsonl, unreplaced, write_texts
from beamline.core.params import Params, read_params
from beamline.core.records import Dialogue, pair_summaries
from beamline.decoding.backends import build_decoder
from beamline.decoding.reported import Reported, write_model
from beamline.decoding.transformers_backend import ResolvedGeneration
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows, read_split
from beamline.metrics import Scorer, Scores
from beamline.metrics.health import health
from beamline.metrics.results import (
    SAMPLES,
    length_pairs,
    sample_rows,
    score_histogram,
    score_metrics,
    score_table,
)
from beamline.training.tracking import Tracker
from beamline.training.work import remove_finished


@dataclass(frozen=True)
class Split:
    """A split to decode: what a model reads, the texts beside it, and the scorer of its references, if it has any."""

    name: str
    input_ids: list[list[int]]
    dialogues: list[Dialogue]
    scorer: Scorer | None

    @property
    def references(self) -> list[tuple[str, ...]]:
        return [dialogue.references for dialogue in self.dialogues]


@dataclass(frozen=True)
class Decoded:
    """A split's summaries under one checkpoint, and their scores, if it has references.

    finished: whether the model ended each itself.
    """

    checkpoint: str
    codec: TextCodec
    summaries: list[str]
    finished: list[bool]
    scores: Scores | None
    resolved: ResolvedGeneration

    @property
    def scored(self) -> Scores:
        """Return the scores of a split that has references."""
        assert self.scores is not None
        return self.scores


def main() -> None:
    params = read_params()
    if params.train.processes > 1 and processes.LAUNCHED not in os.environ:
        processes.launch("evaluate", params.train.processes, params.evaluate.threads)
    else:
        processes.check_count(params.train.processes)
        processes.run_and_leave("gloo", partial(evaluate, params))


def evaluate(params: Params) -> None:
    """Run the stage in this process. Several processes share the decoding; only the first one writes."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(params.evaluate.threads)

    # Both scorers are built before any decoding, so that references that can't be scored are known at once.
    validation, test = load_split(params, "validation"), load_split(params, "test")
    scorer = test.scorer or validation.scorer
    assert scorer is not None
    if processes.rank() > 0:
        decode_with_best_checkpoint(params, validation, test)
        return
    experiment, root = os.environ.get("DVC_EXP_NAME", "workspace"), Path(os.environ.get("DVC_ROOT", "."))
    remove_finished(root, paths.MODELS)  # DVC begins this stage when it has what the training wrote
    with (
        # If `dvc` alone was killed, the stage that it had started goes on, and would mix its files with these.
        unreplaced(paths.MODELS),
        Tracker(params, stage="evaluate", experiment=experiment, root=root, curves=None) as tracker,
    ):
        best, final = decode_with_best_checkpoint(params, validation, test)

        digest = final.codec.encoding.prompt_digest
        prompt = {} if digest is None else {"prompt": digest}
        signature = scorer.signature(backend=final.resolved.backend, **prompt)
        summary_health = health(final.summaries, final.finished, test.references)
        intervals = final.scores.intervals() if final.scores else {}
        metrics = score_metrics(best.scored, final.scores, intervals, summary_health) | {
            "coverage": scorer.coverage,
            "checkpoint": best.checkpoint,
            "signature": signature,
        }
        predictions = pair_summaries(test.dialogues, final.summaries)
        with replaced_directory(paths.MODEL) as directory:
            reported = Reported(params.seed, params.padding, params.generation, params.evaluate, signature)
            write_model(paths.MODELS / best.checkpoint, directory, final.resolved, reported)
            write_texts(
                {
                    paths.GENERATION: to_json(asdict(final.resolved)),
                    paths.SCORE_PLOT: to_json(score_histogram(final.scores)),
                    paths.LENGTH_PLOT: to_json(length_pairs(final.summaries, test.references)),
                    paths.PREDICTIONS: to_jsonl(predictions.to_rows(final.scores.columns if final.scores else {})),
                    paths.SCORES: to_json(metrics),
                }
            )

        scalars = (final.scores.means() if final.scores else {}) | summary_health
        tracker.record_final({**scalars, "checkpoint": best.checkpoint, "signature": signature})
        if final.scores:
            read = model_reads(test, final.codec)
            tracker.table("examples", *sample_rows(test.dialogues, read, final.summaries, final.scores, scorer.corpus))
    console = Console()
    console.print(score_table(metrics))
    console.print(signature, soft_wrap=True, highlight=False)
    if warning := scorer.warn_of_invisible(final.summaries):
        console.print(warning, soft_wrap=True, highlight=False)
    for name, reason in final.resolved.differing.items():
        console.print(f"generation.{name}: {reason}", soft_wrap=True, highlight=False)


def load_split(params: Params, name: str) -> Split:
    """Return a split with its scorer; of validation, only `evaluate.validation_dialogues`.

    Only test may have no references, and then no scorer.
    Raises `BeamlineError` if the split can't be read, and for references that can't be scored.
    """
    prepared = read_split(name)
    count = params.evaluate.validation_dialogues if name == "validation" else None
    encoded = [prepared[row] for row in draw_rows(len(prepared), count or len(prepared), params.seed)]
    dialogues = [dialogue.record for dialogue in encoded]
    split = Split(name, [dialogue.input_ids for dialogue in encoded], dialogues, None)
    if name == "test" and not any(split.references):
        return split
    sources = [dialogue.dialogue for dialogue in dialogues]
    scorer = Scorer(params.rouge, split.references, sources, headline=params.metrics.headline, seed=params.seed)
    return replace(split, scorer=scorer)


def decode_with_best_checkpoint(params: Params, validation: Split, test: Split) -> tuple[Decoded, Decoded]:
    """Return validation under the checkpoint with the highest headline score there, and test under the same one."""
    candidates = [decode(params, checkpoint, validation) for checkpoint in kept_checkpoints()]
    best = max(candidates, key=lambda decoded: decoded.scored.means()[params.metrics.headline])
    return best, decode(params, best.checkpoint, test)


def decode(params: Params, checkpoint: str, split: Split) -> Decoded:
    """Return summaries of the split by one of the kept checkpoints, scored."""
    directory = paths.MODELS / checkpoint
    codec = TextCodec.load(directory)
    decoder = build_decoder(directory, codec, params.generation, params.padding, processes.device())
    summaries = decoder.summaries(
        split.input_ids,
        tokens_per_batch=params.evaluate.tokens_per_batch,
        seed=params.seed,
        description=f"{split.name}, {checkpoint}",
    )
    texts = [summary.text for summary in summaries]
    finished = [summary.finished for summary in summaries]
    scores = split.scorer.score(texts) if split.scorer else None
    return Decoded(checkpoint, codec, texts, finished, scores, decoder.resolved)


def kept_checkpoints() -> list[str]:
    """Return the names of the kept checkpoints, the lowest validation loss first.

    Raises `BeamlineError` if their list can't be read.
    """
    path = paths.CHECKPOINTS
    try:
        return [checkpoint["name"] for checkpoint in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BeamlineError(f"{path}: not readable ({error}); run: dvc repro train") from None


def model_reads(split: Split, codec: TextCodec) -> list[str]:
    """Return the split's first dialogues as the model reads them, decoded from their token ids."""
    return [codec.tokenizer.decode(row, clean_up_tokenization_spaces=False) for row in split.input_ids[:SAMPLES]]


if __name__ == "__main__":
    run(main)
