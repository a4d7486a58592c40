"""Whether what was evaluated is what was learnt."""

from collections.abc import Sequence

import numpy as np

from beamline.diagnosis.checks.check import Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import SAMPLE, Evidence
from beamline.diagnosis.measures.likeness import are_from_one_writer, share_equal, simplify
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.significance import holm, randomization_p_values


@check("params", "splits", "checkpoint", "kept")
def best_checkpoint_is_evaluated(run: Evidence) -> Finding:
    """Another kept checkpoint that is better than the evaluated one, under the decoding that is reported.

    Both write summaries of the same validation dialogues; the differences of their scores are tested by randomization,
    corrected for how many others there are (Holm), so that checkpoints that are equally good raise no alarm. points is
    the difference on test.
    """
    assert run.kept is not None
    others = [each for each in run.kept if each != run.checkpoint]
    if not others:
        return passed("one checkpoint was kept, and it is the evaluated one")
    evaluated = run.sample_scores("validation", run.decode("validation"))
    scores = [run.sample_scores("validation", run.decode("validation", checkpoint=each)) for each in others]
    gains = np.stack(scores, axis=1) - evaluated[:, None]
    best = int(gains.mean(axis=0).argmax())
    gain, p_values = 100 * float(gains[:, best].mean()), holm(randomization_p_values(gains, seed=run.seed))
    meaning = f"on validation {others[best].name} has {gain:+.1f} ROUGE points against the evaluated checkpoint"
    threshold = "no other significantly better"
    if gain <= 0 or p_values[best] > 0.05:
        return passed(meaning, figure=gain, threshold=threshold)
    better = run.sample_scores("test", run.decode("test", checkpoint=others[best]))
    points = 100 * float((better - run.sample_scores("test", run.rewritten)).mean())
    advice = f"evaluate {others[best].name}: dvc repro --force --single-item evaluate"
    return failed(meaning, advice, figure=gain, threshold=threshold, points=points)


@check("params", "splits", "codec", "checkpoint", "kept", "predictions")
def dropout_is_off(run: Evidence) -> Finding:
    """Summaries that were written with dropout on: two evaluations give two results.

    The test sample is decoded again. Where a tenth of the summaries differ (rounding in other batches changes far
    fewer), they are compared with summaries that are written with dropout on: if they are as near to those decoded
    again, as long and as likely to the model, at the 1 % level of a randomization test, dropout made them. Summaries of
    another checkpoint, of other settings or in another order fail one of these, and other checks name those.
    """
    assert run.params and run.splits and run.kept is not None
    if run.params.generation.do_sample and len(run.splits["test"]) > SAMPLE:
        return not_applicable("sampling draws other summaries for a sample than for all dialogues")
    written, again, threshold = run.written, run.rewritten, "at least 0.9, or not as dropout would"
    same = share_equal(written, again)
    if same >= 0.9:
        return passed(f"{same:.0%} of the summaries are the same when decoded again", figure=same, threshold=threshold)
    differ = f"{1 - same:.0%} of the summaries differ when decoded again"
    sample = run.sample("test")
    drawn = run.summarize(run.model, run.model_codec, run.params.generation, sample, dropout=True)
    if _is_explained(run, written) or not are_from_one_writer(run, written, drawn):
        return passed(f"{differ}, but not as dropout would make them", figure=same, threshold=threshold)
    gains = run.sample_scores("test", again) - run.sample_scores("test", written)
    return failed(
        f"{differ}, as they would with dropout on",
        "call model.eval() before decoding, and evaluate again: dvc repro --force --single-item evaluate",
        figure=same,
        threshold=threshold,
        points=100 * float(gains.mean()),
    )


@check("splits")
def validation_is_not_test(run: Evidence) -> Finding:
    """Test dialogues that stand in validation: the checkpoint was chosen by what it is then judged by.

    Compared without regard to white space, as `prepare` does. A few blur the choice a little (DialogSum has 6 of 500);
    from a half on the choice is made by test dialogues.
    """
    assert run.splits
    validation = {_dialogue(each) for each in run.splits["validation"]}
    share = float(np.mean([_dialogue(each) in validation for each in run.splits["test"]]))
    meaning = f"{share:.1%} of the test dialogues also stand in validation"
    if share == 0:
        return passed(meaning, figure=share, threshold="0")
    finding = failed if share >= 0.5 else warned
    return finding(meaning, "remove them from validation in data.path", figure=share, threshold="0")


def _is_explained(run: Evidence, written: Sequence[str]) -> bool:
    """Whether summaries differ for another reason than dropout: moved rows, letter case and tags, a kept checkpoint."""
    assert run.kept is not None
    again = run.rewritten
    moved = sum(a != b and a in again for a, b in zip(written, again, strict=True))
    others = [run.decode("test", checkpoint=each) for each in run.kept if each != run.checkpoint]
    return (
        moved > share_equal(written, again) * len(again)
        or share_equal([*map(simplify, written)], [*map(simplify, again)]) >= 0.9
        or any(share_equal(written, each) >= 0.9 for each in others)
    )


def _dialogue(encoded: EncodedDialogue) -> str:
    return " ".join(encoded.record.dialogue.split())
