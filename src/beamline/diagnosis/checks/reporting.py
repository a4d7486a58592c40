"""Reporting: do the metrics files and the curves say what this run is?"""

import json
from typing import Any

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.diagnosis.checks.check import Explanation, Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import SAMPLE, Evidence
from beamline.diagnosis.measures.ablation import SAME, UNASKED, follow_config
from beamline.diagnosis.measures.likeness import share_equal, simplify
from beamline.metrics import fields_to_compare, read_signature

_EQUAL = 1e-6  # the last digits of a score, which the order of adding can change
_VERSIONS = ("rouge-score", "scoring", "chrf", "nltk", "regex", "unicode", "kiwipiepy", "kiwipiepy_model")

_EVALUATE = "dvc repro --force --single-item evaluate"
_DROPOUT = Explanation("dropout was left on", "dropout_is_off")
_MOVED = Explanation("the rows were moved, or changed after decoding", "rows_are_paired, same_letter_case")
_ELSEWHERE = Explanation(
    "another checkpoint, or the same with other settings or code", f"{_EVALUATE}; git diff reports"
)
_METRICS = Explanation("the metrics files are another commit's", "dvc status, git status metrics")
_WEIGHTS = Explanation("the checkpoints were changed after training", "dvc status train, which compares their hashes")


@check("predictions", "recorded")
def scores_are_those_of_the_predictions(run: Evidence) -> Finding:
    """Scores in metrics/rouge.json that the predictions beside it don't have.

    Scored again exactly as the run reports it. The same texts give the same scores but for the order of adding, so that
    one in a million is a difference.
    """
    assert run.predictions and run.recorded
    measured, headline = run.reported_scorer.score(run.predictions.summaries).means(), run.headline
    recorded = _numbers(run.recorded.rouge.get("test"))
    # A column that isn't recorded is that of a metric that came later; the headline has to be there.
    gaps = {name: score - recorded.get(name, 0.0) for name, score in measured.items() if name in {headline, *recorded}}
    figure, points = 100 * max(gaps.values(), key=abs), 100 * gaps[headline]
    meaning = f"metrics/rouge.json has a test {headline} of {100 * recorded.get(headline, 0.0):.2f}, the predictions"
    meaning, threshold = f"{meaning} have {100 * measured[headline]:.2f}", "at most 0.0001 points"
    if max(map(abs, gaps.values())) <= _EQUAL:
        return passed(meaning, figure=figure, threshold=threshold)
    advice = f"reports/predictions.jsonl and metrics/rouge.json are of two evaluations; {_EVALUATE}"
    return failed(meaning, advice, figure=figure, threshold=threshold, points=points)


@check("predictions", "recorded")
def signature_is_current(run: Evidence) -> Finding:
    """A score that was measured another way than params.yaml says now: tokenizer, stemmer, references, how many.

    Compared with the signature that the predictions would get today. Other versions of the packages are a warning: they
    rarely change a score, and `compare` will refuse to compare them.
    """
    assert run.recorded
    current = read_signature(run.reported_scorer.signature())
    recorded = read_signature(str(run.recorded.rouge.get("signature", "")))
    compared = [name for name in fields_to_compare(current, recorded) if name in current]
    differing = [name for name in compared if recorded.get(name) != current[name]]
    listed = ", ".join(f"{name}:{recorded.get(name, '')} and not {current[name]}" for name in differing)
    meaning = f"the signature in metrics/rouge.json has {listed}"
    if not differing:
        return passed("the signature in metrics/rouge.json is that of these predictions", figure=0, threshold="0")
    finding = warned if set(differing) <= set(_VERSIONS) else failed
    return finding(meaning, _EVALUATE, figure=len(differing), threshold="0")


@check("predictions", "params", "splits", "checkpoint", "kept", may_be=(_DROPOUT, _MOVED, _ELSEWHERE))
def predictions_are_of_this_checkpoint(run: Evidence) -> Finding:
    """Predictions that the checkpoint beside them doesn't write.

    The test sample is decoded again as params.yaml says: nine in ten have to be equal, because rounding in other
    batches changes a few. Where they are not, the other kept checkpoints and the checkpoint's own generation_config are
    tried, and what wrote them is named.
    """
    assert run.params and run.splits and run.checkpoint and run.kept is not None
    if run.params.generation.do_sample and len(run.splits["test"]) > SAMPLE:
        return not_applicable("sampling draws other summaries for a sample than for all dialogues")
    written, same, threshold = run.written, share_equal(run.written, run.rewritten), f"at least {SAME}"
    meaning = f"{same:.0%} of the summaries are what {run.checkpoint.name} writes under params.yaml"
    if same >= SAME:
        return passed(meaning, figure=same, threshold=threshold)
    config = run.model.generation_config
    writers = [(f"{each.name} wrote them", run.decode("test", checkpoint=each)) for each in run.kept]
    for base in (run.params.generation, UNASKED):
        writers.append(("its own generation_config.json gives them", run.decode("test", **follow_config(base, config))))
    share, what = max((share_equal(written, summaries), what) for what, summaries in writers)
    if share >= SAME:
        meaning += f": {what}"
    elif share_equal([*map(simplify, written)], [*map(simplify, run.rewritten)]) >= SAME:
        meaning += ": they differ in letter case and speaker tags alone"
    return failed(meaning, _EVALUATE, figure=same, threshold=threshold)


@check("recorded", "checkpoint", "kept", may_be=(_METRICS, _WEIGHTS))
def training_metrics_are_of_this_checkpoint(run: Evidence) -> Finding:
    """metrics/train.json of another training than models/: its best loss and its size have to be those found there.

    Both are written at once by one training, so that any difference is one too many.
    """
    assert run.recorded and run.kept and run.checkpoint
    listed = _json(run.kept[0].parent / paths.CHECKPOINTS.name)
    found = {
        **listed[0],
        "best_epoch": listed[0].get("epoch"),
        "parameters": sum(p.numel() for p in run.model.parameters()),
    }
    names = ("parameters", "best_epoch", "validation_loss")
    differing = [name for name in names if run.recorded.train.get(name) != found.get(name)]
    if run.checkpoint.name not in [each.get("name") for each in listed]:
        return failed(f"{run.checkpoint.name} was evaluated, and is not among those kept", "run: dvc repro evaluate")
    if differing:
        each = [f"{name} {run.recorded.train.get(name)} in metrics/train.json, {found.get(name)}" for name in differing]
        meaning = f"{'; '.join(each)} in models"
        return failed(meaning, "dvc checkout, or: dvc repro train", figure=len(differing), threshold="0")
    return passed("metrics/train.json has the size and the best loss of models", figure=0, threshold="0")


@check("recorded", "epochs", "root", may_be=(_METRICS, _WEIGHTS))
def curves_are_of_this_training(run: Evidence) -> Finding:
    """Training curves of another training than metrics/train.json, or a summary of them that is not their end."""
    assert run.recorded and run.epochs and run.root
    losses = {each.epoch: each.validation_loss for each in run.epochs}
    best = run.recorded.train.get("best_epoch", 0)
    gaps = {f"epoch {best} of the curves": (losses.get(best), run.recorded.train.get("validation_loss"))}
    path = run.root / paths.CURVES / "metrics.json"
    if path.is_file():
        ended = _json(path).get("validation", {}).get("loss")
        gaps["plots/training/metrics.json"] = (ended, run.epochs[-1].validation_loss)
    wrong = [
        f"{where} has a validation loss of {a}, and it was {b}"
        for where, (a, b) in gaps.items()
        if not _numbers_are_equal(a, b)
    ]
    if wrong:
        return failed("; ".join(wrong), "run: dvc repro --force train", figure=len(wrong), threshold="0")
    return passed("the curves end, and are lowest, where metrics/train.json says", figure=0, threshold="0")


def _numbers(values: Any) -> dict[str, float]:
    """The numbers among recorded values; intervals are lists."""
    return {name: each for name, each in (values or {}).items() if isinstance(each, int | float)}


def _numbers_are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= _EQUAL * max(1.0, abs(other))
    return bool(one == other)


def _json(path: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not readable ({error}); run: dvc repro train") from None
