"""Baselines: is the model better than summaries that need no model?"""

from beamline.core.errors import BeamlineError
from beamline.diagnosis.checks.check import Explanation, Finding, check, not_applicable, passed
from beamline.diagnosis.checks.symptom import UNDERTRAINED, noticed, seen
from beamline.diagnosis.evidence import Evidence
from beamline.metrics.significance import difference_interval

_MARGIN = 0.05  # of `rouge_f`

_PAIRED = Explanation(
    "the summaries stand beside other dialogues' references", "rows_are_paired, predictions_are_of_test"
)
_BLIND = Explanation("the metric sees too little of the texts to tell them apart", "tokenizer_sees_the_script")
_DECODING = Explanation("a decoding setting spoils what the model knows", "decode greedily with every setting neutral")
_UNREAD = Explanation("the model does not read its dialogue", "source_is_read, source_is_attended")
_WEAK = Explanation("the model is too small, or has seen too few dialogues", "more of either, one at a time")
_LEADING = Explanation("dialogues here open with what matters", "the same baseline against other models on this data")
_ALIKE = Explanation("dialogues here repeat each other, and so do their summaries", "test_is_not_in_train")

_NOTHING_LEARNT = (UNDERTRAINED, _PAIRED, _BLIND, _DECODING, _UNREAD)


@check("predictions", may_be=(UNDERTRAINED, _WEAK, _DECODING, _LEADING))
def beats_first_utterance(run: Evidence) -> Finding:
    """A model below a dialogue's first utterance, mostly a greeting: no summary could say less.

    A warning where the paired interval of the difference is not above 0, here and for the other extracts: they are
    made of the dialogue itself, and where its utterances are the summary a sound model may not be better.
    """
    return _against_informed(run, "first utterance")


@check("predictions", may_be=(UNDERTRAINED, _WEAK, _DECODING, _LEADING))
def beats_first_three_utterances(run: Evidence) -> Finding:
    """A model below the usual baseline of dialogue summarization, LEAD-3; judged as `beats_first_utterance` is."""
    return _against_informed(run, "first three utterances")


@check("predictions", may_be=(UNDERTRAINED, _WEAK, _DECODING, _LEADING))
def beats_longest_utterance(run: Evidence) -> Finding:
    """A model below the longest utterance, which often holds the matter itself; judged as the other extracts are."""
    return _against_informed(run, "longest utterance")


@check("predictions", "splits", may_be=_NOTHING_LEARNT)
def beats_random_summary(run: Evidence) -> Finding:
    """A model no better than a training summary drawn at random, which tells how summaries sound and nothing else.

    Fails where the paired interval of the difference holds nothing above 5 points: this model has learnt to sound like
    a summary at best, where the default run is 38 points above. Where a small test leaves more room, it is a warning.
    """
    return _against_uninformed(run, "random training summary")


@check("predictions", "splits", may_be=_NOTHING_LEARNT)
def beats_typical_summary(run: Evidence) -> Finding:
    """A model no better than one summary for all dialogues, the training summary most like the others.

    That is what a model comes to that ignores its dialogue; judged as `beats_random_summary` is.
    """
    return _against_uninformed(run, "typical training summary")


@check("predictions", "splits", may_be=(UNDERTRAINED, _WEAK, _DECODING, _ALIKE))
def beats_nearest_neighbour(run: Evidence) -> Finding:
    """A model no better than copying the summary of the most similar training dialogue.

    A warning, judged as the extracts are: where dialogues follow templates, or test leaks from train, copying is good.
    """
    return _against_informed(run, "nearest neighbour's summary")


def gap_to_baselines(run: Evidence) -> str:
    """How the model stands beside the best baseline, a sentence; empty where there is none to compare it with."""
    try:
        leads = {name: 100 * float(lead.mean()) for name, lead in run.leads.items()}
        score = 100 * float(run.scores.mean())
    except BeamlineError:
        return ""
    if not leads:
        return ""
    name = min(leads, key=lambda each: leads[each])
    return f"{run.headline} {score:.1f}; best trivial baseline: {name}, {score - leads[name]:.1f}."


def _against_informed(run: Evidence, name: str) -> Finding:
    if name not in run.leads:
        return not_applicable("needs dialogues beside the predictions")
    figure, low, _, meaning = _lead(run, name)
    if low > 0:
        return passed(meaning, figure=figure, threshold="interval above 0 points")
    return noticed(run, meaning, figure=figure, threshold="interval above 0 points")


def _against_uninformed(run: Evidence, name: str) -> Finding:
    figure, low, high, meaning = _lead(run, name)
    if high <= _MARGIN:
        return seen(run, meaning, figure=figure, threshold="interval not below 5 points")
    if low > 0:
        return passed(meaning, figure=figure, threshold="interval above 0 points")
    return noticed(run, meaning, figure=figure, threshold="interval above 0 points")


def _lead(run: Evidence, name: str) -> tuple[float, float, float, str]:
    """The mean lead over a baseline in points; the bounds of its interval in 0-1; and what that means."""
    lead = run.leads[name]
    figure, interval = 100 * float(lead.mean()), difference_interval(lead, seed=run.seed)
    bounds = f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"
    side = "better" if figure >= 0 else "worse"
    meaning = f"the model is {abs(figure):.1f} ROUGE points {side} than the {name} ({bounds})"
    return figure, interval.low, interval.high, meaning
