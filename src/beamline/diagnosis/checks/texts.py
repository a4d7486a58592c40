"""Texts: what was done to the summaries and not to their references, repaired and scored again."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

from beamline.core.excerpts import shorten
from beamline.core.records import Predictions
from beamline.data.two_sample import LEAST, find_differences
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import SAME
from beamline.diagnosis.measures.gain import Gain, gain_of_scores
from beamline.diagnosis.measures.likeness import share_equal
from beamline.diagnosis.measures.repairs import FEATURES, LEFTOVERS, Feature, added_phrase, remove_phrase, share_having
from beamline.diagnosis.parts import Splits

_RARE = 0.01  # share of texts that people may have written so
_MUCH = 0.1
_FORM = ("markup", "invisible", "languages", "begins", "ends", "case")


@check(Kind.COUNT, "A program left its marks in the summaries")
def leftovers(run: Evidence, predictions: Predictions) -> Finding:
    """Counts special tokens, entities, written-out line ends and literals in summaries, and in references.

    A failure if a tenth of the summaries have them and at most 1 % of the references. If the model itself writes them,
    it learned that, and it is a warning: look at the references of train. The points are those of removing them.
    """
    references = [text for texts in predictions.references for text in texts]
    return _leftovers(run, predictions, predictions.summaries, references, "summaries")


@check(Kind.COUNT, "A program left its marks in the references")
def reference_leftovers(run: Evidence, predictions: Predictions) -> Finding:
    """Counts in references what `leftovers` counts in summaries."""
    references = [text for texts in predictions.references for text in texts]
    return _leftovers(run, predictions, references, predictions.summaries, "references")


@check(Kind.INTERVENTION, "The same text was added to the summaries")
def added_text(run: Evidence, predictions: Predictions, training_splits: Splits | None = None) -> Finding:
    """Takes away a phrase that half of the summaries begin or end with, and hardly any reference: an echo of a prompt.

    A failure if that brings a point, a warning if it brings less. What the model itself writes it has learned: then it
    is a failure if the summaries of train have the phrase, too.
    """
    found = added_phrase(predictions.summaries, [text for texts in predictions.references for text in texts])
    if found is None:
        return passed("no phrase is at the same end of most summaries and of hardly any reference", threshold="none")
    phrase, at_beginning, share = found
    remove = partial(remove_phrase, phrase=phrase, at_beginning=at_beginning)
    brings = _gain(run, predictions, remove, None)
    place = "begin" if at_beginning else "end"
    meaning = f'{share:.0%} of the summaries {place} with "{shorten(phrase)}"'
    advice, fault = "take it away after decoding, or find what adds it", ""
    if _is_the_models(run):
        texts = [each.record.references[0] for each in training_splits["train"]] if training_splits else []
        learned = share_having(texts, lambda text: remove(text) != " ".join(text.split()))
        if learned < 0.5:
            return passed(f"{meaning}, and the model writes it", figure=share)
        meaning += f", as {learned:.0%} of those of train do"
        advice, fault = "take it out of the summaries of train in data.path", f"The summaries of train {place} alike"
    return (failed if brings.is_cause else warned)(
        f"{meaning}, hardly any reference does; without it they score {brings} more",
        advice,
        figure=share,
        threshold="below 0.5",
        points=brings.points,
        weight=share,
        fault=fault,
    )


@check(Kind.INTERVENTION, "One side lost something that the other has")
def one_sided(run: Evidence, predictions: Predictions) -> Finding:
    """Makes both sides alike in speaker tags, letter case, Unicode form, full stops or invisible characters.

    One side lost it if at most 2 % of its texts have it, and 25 % of the other side's. A failure if making both alike
    brings a point, else a warning: other metrics and other programs see it. A model that never learned to write
    something is no such case: its summaries, decoded again, are the same.
    """
    found = [
        (_gain(run, predictions, repair, repair), feature, lost, kept, share)
        for feature, lost, kept, share in _lost_features(predictions)
        if lost == "references" or not _is_the_models(run)
        for repair in feature.repairs
    ]
    if not found:
        return passed("summaries and references are alike in tags, case, Unicode form and full stops")
    brings, feature, lost, kept, share = max(found, key=lambda item: item[0].points)
    return (failed if brings.is_cause else warned)(
        f"the {lost} have no {feature.name}, {share:.0%} of the {kept} have; both made alike, they score {brings} more",
        f"treat both alike: find what takes {feature.name} out of the {lost}",
        threshold="on both sides",
        points=brings.points,
        weight=(0.9 if brings.is_cause else 0.3) * share,
        fault=f"Only the {kept} have {feature.name}",
    )


@check(Kind.COMPARISON, "Summaries and references differ in form")
def summary_differences(run: Evidence, predictions: Predictions) -> Finding:
    """Compares summaries with references, as dialogues of test are compared with those of train.

    If the model itself writes them so, that is only noted: a model that has learned little writes unlike people. Else a
    difference in form of 50 points of the shares is a failure, of 10 a warning. What one side lost is made alike first:
    another check measures it.
    """
    summaries, references = list(predictions.summaries), [texts[0] for texts in predictions.references]
    for feature, *_ in _lost_features(predictions):
        summaries, references = (list(map(feature.repairs[0], texts)) for texts in (summaries, references))
    differences = find_differences(summaries, references, seed=run.seed)
    threshold = f"below {LEAST}, or as the model writes"
    if not differences:
        return passed("no feature tells summaries from references", figure=0.0, threshold=threshold)
    first = differences[0]
    sentence = first.sentence("summaries", "references")
    if _is_the_models(run):
        return passed(f"{sentence}; the model writes so", figure=first.size, threshold=threshold)
    finding = failed if first.size >= 0.5 and first.group in _FORM else warned
    return finding(
        sentence,
        "decode again, or ask who wrote the file: what was done to one side and not to the other?",
        figure=first.size,
        threshold=threshold,
        weight=first.size if first.group in _FORM else 0.5 * first.size,
    )


def _leftovers(
    run: Evidence, predictions: Predictions, texts: Sequence[str], others: Sequence[str], side: str
) -> Finding:
    found = []
    for leftover in LEFTOVERS:
        share, other = share_having(texts, leftover.is_there), share_having(others, leftover.is_there)
        if share > _RARE and other <= min(_RARE, share / 10):
            found.append((share, leftover))
    threshold = f"at most {_RARE}"
    if not found:
        return passed(f"no program left its marks in the {side}", figure=0.0, threshold=threshold)
    share, leftover = max(found, key=lambda item: item[0])
    repaired = (leftover.remove, None) if side == "summaries" else (None, leftover.remove)
    brings = _gain(run, predictions, *repaired)
    example = next(text for text in texts if leftover.is_there(text))
    meaning = (
        f"{share:.0%} of the {side} have {leftover.name} ({leftover.show(example)!r} in {shorten(example)!r}); without"
        f" them they score {brings} more"
    )
    learned = side == "summaries" and _is_the_models(run)
    advice = "look for them in the references of train" if learned else f"remove them from the {side}"
    finding = failed if share >= _MUCH and not learned else warned
    return finding(
        meaning,
        advice,
        figure=share,
        threshold=threshold,
        points=brings.points,
        weight=share,
        fault=f"There are {leftover.name} in the {side}",
    )


def _lost_features(predictions: Predictions) -> Iterator[tuple[Feature, str, str, float]]:
    """Yield what one side lost, with that side, the one that kept it, and the share of its texts that have it."""
    sides = {
        "summaries": list(predictions.summaries),
        "references": list(chain.from_iterable(predictions.references)),
    }
    for feature in FEATURES:
        shares = {name: _share(texts, feature) for name, texts in sides.items()}
        lost, kept = sorted(shares, key=lambda name: shares[name])
        possible = [text for text in sides[lost] if feature.is_possible(text)]
        if shares[lost] <= 0.02 and shares[kept] >= 0.25 and len(set(possible)) >= 10:
            yield feature, lost, kept, shares[kept]


def _share(texts: list[str], feature: Feature) -> float:
    return share_having([text for text in texts if feature.is_possible(text)], feature.has)


def _gain(
    run: Evidence,
    predictions: Predictions,
    repair: Callable[[str], str] | None,
    repair_references: Callable[[str], str] | None,
) -> Gain:
    """Return what repaired summaries and references score more, on all predictions."""
    summaries = [repair(text) if repair else text for text in predictions.summaries]
    references = [
        [repair_references(text) if repair_references else text for text in texts] for texts in predictions.references
    ]
    return gain_of_scores(run.rescore(summaries, references), run.scores, seed=run.seed)


def _is_the_models(run: Evidence) -> bool:
    """Return whether the model writes the summaries as they are; False if it can't be asked."""
    if run.checkpoint is None or run.splits is None or run.params is None or run.codec is None:
        return False
    # Sampling draws other summaries for a sample than for all dialogues; that they are the model's can't be denied.
    return run.params.generation.do_sample or share_equal(run.written, run.rewritten) >= SAME
