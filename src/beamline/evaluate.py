"""The `evaluate` stage: choose a checkpoint on validation under the decoding that is reported, then score test with it.

python -m beamline.evaluate
"""

import json
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
import transformers
from rich.console import Console

from beamline.core import paths, processes
from beamline.core.errors import BeamlineError, run
from beamline.core.files import to_json, to_jsonl, unreplaced, write_texts
from beamline.core.params import Params, read_params
from beamline.decoding.backends import build_decoder
from beamline.decoding.transformers_backend import ResolvedGeneration, Summary
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue, read_split
from beamline.metrics.results import health, length_pairs, prediction_rows, sample_rows, score_histogram, score_table
from beamline.metrics.rouge import RougeResult, RougeScorer
from beamline.training.tracking import Tracker
from beamline.training.work import remove_finished


@dataclass(frozen=True)
class Decoded:
    """A split's summaries under one checkpoint, and their scores."""

    checkpoint: str
    summaries: list[Summary]
    result: RougeResult
    resolved: ResolvedGeneration


def main() -> None:
    params = read_params()
    if params.train.processes > 1 and processes.LAUNCHED not in os.environ:
        processes.launch("evaluate", params.train.processes, params.evaluate.threads)
    else:
        processes.check_count(params.train.processes)
        processes.run_and_leave("gloo", partial(evaluate, params))


def evaluate(params: Params) -> None:
    """Everything that the stage does, in this process; several share the decoding, and only the first one writes."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(params.evaluate.threads)

    validation, test = read_split("validation"), read_split("test")
    # Both scorers before any decoding: references that can't be scored are known at once.
    validation_scorer, test_scorer = build_scorer(params, validation), build_scorer(params, test)
    if processes.rank() > 0:
        choose(params, validation, validation_scorer, test, test_scorer)
        return
    experiment, root = os.environ.get("DVC_EXP_NAME", "workspace"), Path(os.environ.get("DVC_ROOT", "."))
    remove_finished(root, paths.MODELS)  # DVC begins this stage when it has what the training wrote
    with (
        # Where `dvc` alone was killed, the stage that it had started goes on, and would mix its files with these.
        unreplaced(paths.MODELS),
        Tracker(params, stage="evaluate", experiment=experiment, root=root, curves=None) as tracker,
    ):
        best, final = choose(params, validation, validation_scorer, test, test_scorer)

        signature = test_scorer.signature(backend=final.resolved.backend)
        test_metrics = {**final.result.headline.means(), **health(test, final.summaries)}
        intervals = final.result.intervals()
        other = "best" if params.rouge.references == "mean" else "mean"
        metrics = {
            "validation": best.result.headline.means(),
            # Lists don't show in `dvc metrics diff`, so that intervals stand in the file without crowding the table.
            "test": test_metrics | {f"{name}_interval": [each.low, each.high] for name, each in intervals.items()},
            f"test_{other}": getattr(final.result, other).means(),
            "coverage": test_scorer.coverage,
            "checkpoint": best.checkpoint,
            "signature": signature,
        }
        write_texts(
            {
                paths.GENERATION: to_json(asdict(final.resolved)),
                paths.SCORE_PLOT: to_json(score_histogram(final.result)),
                paths.LENGTH_PLOT: to_json(length_pairs(test, final.summaries)),
                paths.PREDICTIONS: to_jsonl(prediction_rows(test, final.summaries, final.result)),
                paths.SCORES: to_json(metrics),
            }
        )

        tracker.record_final({**test_metrics, "checkpoint": best.checkpoint, "signature": signature})
        codec = TextCodec.load(paths.MODELS / best.checkpoint)
        tracker.table("examples", *sample_rows(test, final.summaries, final.result, codec))
    console = Console()
    console.print(score_table(metrics, intervals))
    console.print(signature, soft_wrap=True, highlight=False)
    for name, reason in final.resolved.differing.items():
        console.print(f"generation.{name}: {reason}", soft_wrap=True, highlight=False)


def build_scorer(params: Params, dialogues: list[EncodedDialogue]) -> RougeScorer:
    return RougeScorer(params.rouge, [each.record.references for each in dialogues], seed=params.seed)


def choose(
    params: Params,
    validation: list[EncodedDialogue],
    validation_scorer: RougeScorer,
    test: list[EncodedDialogue],
    test_scorer: RougeScorer,
) -> tuple[Decoded, Decoded]:
    """Validation under the checkpoint that is best there, and test under the same one."""
    candidates = [decode(params, name, validation, validation_scorer, "validation") for name in kept_checkpoints()]
    best = max(candidates, key=lambda each: each.result.headline.means()["rouge_f"])
    return best, decode(params, best.checkpoint, test, test_scorer, "test")


def kept_checkpoints() -> list[str]:
    """Names of the kept checkpoints, the lowest validation loss first. Raises `BeamlineError` where there is none."""
    path = paths.CHECKPOINTS
    try:
        return [each["name"] for each in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BeamlineError(f"{path}: not readable ({error}); run: dvc repro train") from None


def decode(
    params: Params, checkpoint: str, dialogues: list[EncodedDialogue], scorer: RougeScorer, split: str
) -> Decoded:
    directory = paths.MODELS / checkpoint
    codec = TextCodec.load(directory)
    decoder = build_decoder(directory, codec, params.generation, params.padding, processes.device())
    summaries = decoder.summaries(
        [each.input_ids for each in dialogues],
        tokens_per_batch=params.evaluate.tokens_per_batch,
        seed=params.seed,
        description=f"{split}, {checkpoint}",
    )
    return Decoded(checkpoint, summaries, scorer.score([each.text for each in summaries]), decoder.resolved)


if __name__ == "__main__":
    run(main)
