"""Texts: repairs what was done to one side only, summaries or references, and scores them again."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain

from beamline.core.excerpts import shorten
from beamline.core.records import Predictions
from beamline.data.two_sample import LEAST, find_differences
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import SAME
from beamline.diagnosis.measures.gain import Gain, gain_of_scores
from beamline.diagnosis.measures.likeness import share_equal
from beamline.diagnosis.measures.repairs import (
    FEATURES,
    LEFTOVERS,
    Feature,
    added_phrase,
    remove_dialogue,
    remove_phrase,
    share_having,
)
from beamline.diagnosis.parts import Splits

_RARE = 0.01  # share of texts: people may have written so few
_MUCH = 0.1
_FORM = ("markup", "invisible", "languages", "begins", "ends", "case")


@check(Kind.COUNT, "Special tokens, entities or escapes were left in the summaries")
def leftovers(run: Evidence, predictions: Predictions) -> Finding:
    """Counts special tokens, entities, percent codes, written-out line ends, string literals and misread UTF-8 in
    summaries.

    Failure if at least 10 % of the summaries have one of these, and at most 1 % of the references do. Warning if more
    than 1 % of the summaries have it, and at most a tenth as many references. Always a warning if the model itself
    writes it: then look at the references of train. The points are the gain of removing it.
    """
    references = [text for texts in predictions.references for text in texts]
    return _leftovers(run, predictions, predictions.summaries, references, "summaries")


@check(Kind.COUNT, "Special tokens, entities or escapes were left in the references")
def reference_leftovers(run: Evidence, predictions: Predictions) -> Finding:
    """Counts in references what `leftovers` counts in summaries. The rules are the same, the other way round."""
    references = [text for texts in predictions.references for text in texts]
    return _leftovers(run, predictions, references, predictions.summaries, "references")


@check(Kind.INTERVENTION, "The same text was added to the summaries")
def added_text(run: Evidence, predictions: Predictions, training_splits: Splits | None = None) -> Finding:
    """Looks for a phrase that most summaries begin or end with, such as an echoed prompt, and removes it.

    The phrase has to be in at least half of the different summaries, in ten or more, and in at most 2 % of the
    references. Failure if the removal gains at least one point, and the interval of the gain is above 0. If the removal
    loses, the phrase belongs to the summaries, and this passes; else it is a warning. If the model itself writes the
    phrase, this holds only if at least half of the summaries of train have it, too.
    """
    found = added_phrase(predictions.summaries, [text for texts in predictions.references for text in texts])
    if found is None:
        return passed("no phrase begins or ends most summaries and hardly any references", threshold="none")
    phrase, at_beginning, share = found
    remove = partial(remove_phrase, phrase=phrase, at_beginning=at_beginning)
    brings = _gain(run, predictions, remove, None)
    place = "begin" if at_beginning else "end"
    meaning = f'{share:.0%} of the summaries {place} with "{shorten(phrase)}"'
    if brings.points < 0:
        return passed(f"{meaning}, and without it the score changes by {brings}", figure=share)
    advice, fault = "remove it after decoding, or find what adds it", ""
    if _is_the_models(run):
        texts = [row.record.references[0] for row in training_splits["train"]] if training_splits else []
        learned = share_having(texts, lambda text: remove(text) != " ".join(text.split()))
        if learned < 0.5:
            return passed(f"{meaning}, and the model writes it", figure=share)
        meaning += f", and so do {learned:.0%} of those of train"
        advice, fault = "remove it from the summaries of train in data.path", f"The summaries of train {place} alike"
    return (failed if brings.is_cause else warned)(
        f"{meaning}, but hardly any reference does; without it the score changes by {brings}",
        advice,
        figure=share,
        threshold="below 0.5",
        points=brings.points,
        weight=share,
        fault=fault,
    )


@check(Kind.INTERVENTION, "The summaries echo their dialogues")
def echoed_dialogues(run: Evidence, predictions: Predictions) -> Finding:
    """Looks for summaries that hold at least half of their dialogue's turns, and takes what follows the last of them.

    Decoder-only models write on after their prompt, and a program has to take it off. Failure if that gains at least
    one point, and the interval of the gain is above 0. If it loses, the turns are the summaries, and this passes. It
    passes, too, if the model itself writes so.
    """
    if predictions.dialogues is None:
        return not_applicable("needs dialogues beside the predictions")
    repaired = list(map(remove_dialogue, predictions.summaries, predictions.dialogues))
    echoes = [a for a, b in zip(predictions.summaries, repaired, strict=True) if a != b]
    share = len(echoes) / len(repaired)
    meaning, threshold = f"{share:.0%} of the summaries hold their dialogue", f"at most {_RARE}"
    if share <= _RARE:
        return passed(meaning, figure=share, threshold=threshold)
    brings = gain_of_scores(run.rescore(repaired, predictions.references), run.scores, seed=run.seed)
    meaning += f" ({shorten(echoes[0])!r}); with what follows it alone the score changes by {brings}"
    if brings.points < 0 or _is_the_models(run):
        return passed(meaning, figure=share)
    return (failed if brings.is_cause else warned)(
        meaning,
        "take the prompt off: of a decoder-only model's output, only what is longer than its input is the summary",
        figure=share,
        threshold=threshold,
        points=brings.points,
        weight=share,
    )


@check(Kind.INTERVENTION, "Summaries or references lost something that the other side has")
def one_sided(run: Evidence, predictions: Predictions) -> Finding:
    """Compares summaries and references by speaker tags, letter case, Unicode form, full stops and invisible
    characters.

    A side lost such a feature if at most 2 % of its texts have it, and at least 25 % of the other side's. Failure if
    making both sides alike gains at least one point, and the interval of the gain is above 0. Else it is a warning,
    because other metrics and programs see the difference. It passes if summaries lack a feature that the model itself
    does not write.
    """
    found = [
        (_gain(run, predictions, repair, repair), feature, lost, kept, share)
        for feature, lost, kept, share in _lost_features(predictions)
        if lost == "references" or not _is_the_models(run)
        for repair in feature.repairs
    ]
    if not found:
        return passed("summaries and references have the same tags, case, Unicode form and full stops")
    brings, feature, lost, kept, share = max(found, key=lambda item: item[0].points)
    return (failed if brings.is_cause else warned)(
        f"the {lost} have no {feature.name}, but {share:.0%} of the {kept} do;"
        f" made alike, the score changes by {brings}",
        f"treat both alike: find what removes {feature.name} from the {lost}",
        threshold="on both sides",
        points=brings.points,
        weight=(0.9 if brings.is_cause else 0.3) * share,
        fault=f"Only the {kept} have {feature.name}",
    )


@check(Kind.COMPARISON, "Summaries and references differ in form")
def summary_differences(run: Evidence, predictions: Predictions) -> Finding:
    """Compares summaries with references, as `dialogue differences` compares dialogues of test and train.

    Warning if the shares of texts that have a feature differ by 10 points. Failure if they differ by 50 points and the
    feature is one of form: markup, invisible characters, language, beginning, end or letter case. If the model itself
    writes so, this passes: a model that has learned little writes differently from people. What one side lost is
    repaired first, because `one sided` measures it. Empty summaries are left out, because `empty summaries` counts
    them.
    """
    summaries = [text for text in predictions.summaries if text.strip()]
    references = [texts[0] for texts in predictions.references]
    if not summaries:
        return not_applicable("all summaries are empty")
    for feature, *_ in _lost_features(predictions):
        summaries, references = (list(map(feature.repairs[0], texts)) for texts in (summaries, references))
    differences = find_differences(summaries, references, seed=run.seed)
    threshold = f"below {LEAST}, or as the model writes"
    if not differences:
        return passed("no feature distinguishes summaries from references", figure=0.0, threshold=threshold)
    first = differences[0]
    sentence = first.sentence("summaries", "references")
    if _is_the_models(run):
        return passed(f"{sentence}; the model itself writes so", figure=first.size, threshold=threshold)
    finding = failed if first.size >= 0.5 and first.group in _FORM else warned
    return finding(
        sentence,
        "decode again, or ask who wrote the file what was done to only one side",
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
        return passed(f"no special tokens, entities or escapes are in the {side}", figure=0.0, threshold=threshold)
    share, leftover = max(found, key=lambda item: item[0])
    repaired = (leftover.remove, None) if side == "summaries" else (None, leftover.remove)
    brings = _gain(run, predictions, *repaired)
    example = next(text for text in texts if leftover.is_there(text))
    meaning = (
        f"{share:.0%} of the {side} have {leftover.name} ({leftover.show(example)!r} in {shorten(example)!r}); without"
        f" them the score changes by {brings}"
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
    """Yield features that one side lost: the feature, that side, the other side, and the share of its texts that have
    it.
    """
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
    """Return what repaired summaries and references gain, on all predictions."""
    summaries = [repair(text) if repair else text for text in predictions.summaries]
    references = [
        [repair_references(text) if repair_references else text for text in texts] for texts in predictions.references
    ]
    return gain_of_scores(run.rescore(summaries, references), run.scores, seed=run.seed)


def _is_the_models(run: Evidence) -> bool:
    """Return whether the model itself writes the summaries as they are; False if it can't be asked."""
    if run.checkpoint is None or run.splits is None or run.params is None or run.codec is None:
        return False
    # Sampling draws different summaries for a sample than for all dialogues, so they are taken as the model's.
    return run.params.generation.do_sample or share_equal(run.written, run.rewritten) >= SAME
