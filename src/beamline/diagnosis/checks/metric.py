"""The metric: whether the number means anything, before anything is said about the model."""

from collections.abc import Callable, Sequence

import numpy as np

from beamline.diagnosis.checks.check import TELL_APART, Explanation, Finding, Status, check, failed, passed, warned
from beamline.diagnosis.evidence import TRUSTED_COVERAGE, Evidence
from beamline.diagnosis.measures.pairing import (
    belong_to_split,
    find_rows,
    likely_orders,
    share_half_their_words,
    swap_texts,
)
from beamline.diagnosis.measures.postprocessing import (
    BARE_ENDS,
    CAPITALS,
    COMPOSED,
    FINAL_STOPS,
    TAGS,
    Feature,
    side_without,
    was_taken_away,
)
from beamline.metrics.intervals import FloatArray
from beamline.metrics.significance import difference_interval
from beamline.metrics.tokenizers import FULL_COVERAGE, lost_words

_OTHERS = 20  # summaries for a figure that is information only: characters take nine times as long as words

_BLIND = Explanation("a tokenizer that doesn't see the references' script", "tokenizer sees the script")
_CONSTANT = Explanation("references that are one text for all dialogues", "references differ")


@check(
    "predictions",
    may_be=[
        _BLIND,
        Explanation("references without a word", "read those of reports/predictions.jsonl whose rouge1_f is 0"),
    ],
)
def references_score_one(run: Evidence) -> Finding:
    """References that do not match themselves: nothing that a model could write would score 1.

    By definition the F1 of a text with itself is 1. ROUGE-1, because a text of a single token has no ROUGE-2.
    """
    assert run.predictions
    first = [texts[0] for texts in run.predictions.references]
    scores = run.scorer_with([[text] for text in first], tokenizer=run.reported_scorer.tokenizer).score(first)
    short = scores.columns["rouge1_f"] < 1 - 1e-9
    figure = 1 - float(short.mean())
    meaning = f"{figure:.1%} of the references score 1 against themselves"
    if not short.any():
        return passed(meaning, figure=figure, threshold="1")
    return failed(meaning, TELL_APART, figure=figure, threshold="1")


@check("predictions")
def tokenizer_sees_the_script(run: Evidence) -> Finding:
    """A ROUGE tokenizer that throws the language away: rouge-score's own keeps `[a-z0-9]` and drops the rest.

    What is left may be nothing, or the speaker tags, which make any two summaries alike; coverage leaves tags out, so
    that both are the same finding. A share of 0.9 of the letters and digits leaves room for foreign names; a script
    that isn't seen gives nearly 0. Below 0.995, from where on the automatic choice is another tokenizer, words are cut
    at their accents: a warning.
    """
    assert run.predictions
    reported, threshold = run.reported_scorer, f"at least {FULL_COVERAGE}, or none sees more"
    meaning = f"the '{reported.tokenizer}' tokenizer sees {reported.coverage:.1%} of the references' letters and digits"
    if reported.coverage >= FULL_COVERAGE:
        return passed(meaning, figure=reported.coverage, threshold=threshold)
    seeing = run.scorer_with(tokenizer="auto")
    if seeing.tokenizer == reported.tokenizer:
        return passed(meaning, figure=reported.coverage, threshold=threshold)
    is_blind = reported.coverage < TRUSTED_COVERAGE
    scored, other = (scorer.headline_scores(run.predictions.summaries) for scorer in (reported, seeing))
    points = 100 * float(other.mean() - scored.mean())
    lost = lost_words(reported.corpus.texts, reported.corpus.tokenizer)
    return (failed if is_blind else warned)(
        f"{meaning}; it loses for instance {', '.join(lost)}",
        f"set rouge.tokenizer to auto, which is '{seeing.tokenizer}' here",
        figure=reported.coverage,
        threshold=threshold,
        points=points,
    )


@check("predictions", may_be=[_BLIND, _CONSTANT])
def references_can_be_told_apart(run: Evidence) -> Finding:
    """References that score as high against another dialogue's reference as against themselves.

    Two summaries of different dialogues share little but function words: the gap between 1 and the score of such a
    pair is 0.85 in data/english and data/korean and 0.90 in DialogSum. Below 0.5 most of what is counted stands in
    every reference: with the Korean references and `[a-z0-9]` it is 0.40 with speaker tags and 0 without.
    """
    assert run.predictions
    first = [texts[0] for texts in run.predictions.references]
    scorer = run.scorer_with([[text] for text in first], tokenizer=run.reported_scorer.tokenizer)
    own, other = (scorer.headline_scores(texts) for texts in (first, swap_texts(first, seed=run.seed)))
    figure, _, high = _difference(run, own, other)
    meaning = (
        f"a reference scores {100 * own.mean():.1f} against itself and {100 * other.mean():.1f} against another"
        f" dialogue's, a difference of {figure:.2f}"
    )
    threshold = "interval not below 0.5"
    if high >= 0.5:
        return passed(meaning, figure=figure, threshold=threshold)
    return failed(meaning, TELL_APART, figure=figure, threshold=threshold)


@check(
    "predictions",
    may_be=[
        _BLIND,
        Explanation("rows that don't belong together", "rows are paired, predictions are of test"),
        Explanation("a model that writes the same for all dialogues", "read reports/predictions.jsonl"),
        _CONSTANT,
    ],
)
def scrambled_pairs_score_lower(run: Evidence) -> Finding:
    """Summaries that score as high beside other dialogues' references as beside their own.

    A model that has read its dialogues is far better than chance: the default run by 37 to 41 points, two models that
    were trained too short by 2 to 16. Less than 2 points, with 95 % confidence, is chance for any practical purpose.
    That is a failure of the metric if the metric is blind; if it isn't, whoever wrote the summaries is to blame, which
    other checks judge, so that it is a warning.
    """
    assert run.predictions
    is_blind = run.reported_scorer is not run.scorer
    summaries = run.predictions.summaries
    own = run.reported_scorer.headline_scores(summaries) if is_blind else run.scores
    other = run.reported_scorer.headline_scores(swap_texts(summaries, seed=run.seed))
    figure, low, high = _difference(run, own, other)
    meaning = (
        f"with other dialogues' references the summaries score {100 * other.mean():.1f} instead of"
        f" {100 * own.mean():.1f}; the difference is {100 * low:.1f} to {100 * high:.1f} points"
    )
    threshold = "interval not below 0.02"
    if high >= 0.02:
        return passed(meaning, figure=figure, threshold=threshold)
    return (failed if is_blind else warned)(meaning, TELL_APART, figure=figure, threshold=threshold)


@check("predictions")
def rows_are_paired(run: Evidence) -> Finding:
    """Summaries that stand beside other dialogues' references: shifted by some rows, reversed, sorted, shuffled.

    Tried are shifts by up to five rows, the reverse, and the order in which summaries and references have most in
    common (the assignment problem). One of the few named orders has to score 5 points better, with 95 % confidence: a
    right order is far ahead of a wrong one, and noise is not. The best of all orders has to be 10 better: it fits
    noise too, which in right rows gave at most 6 points (models that hardly read their input, 60 rows), while the
    default run regains 39 when shuffled.
    """
    predictions = run.predictions
    assert predictions
    for order in likely_orders(predictions):
        references = [predictions.references[row] for row in order.belong]
        rearranged = _rescored(run, [predictions.summaries[row] for row in order.rows], references)
        gain, low, _ = _difference(run, rearranged, run.scores[order.belong])
        bound = 0.05 if order.is_named else 0.10
        if low > bound:
            return failed(
                f"summaries {order.name} beside their references: rearranged they score {100 * gain:.1f} points higher",
                "fix what writes the predictions: join summaries and references by id, not by position",
                figure=gain,
                threshold=f"at most {bound}",
                points=100 * gain,
            )
    return passed("no other order of the rows scores much higher than the one they stand in")


@check("predictions", "splits")
def predictions_are_of_test(run: Evidence) -> Finding:
    """Predictions of another split, of another version of the data, or of a part of test only.

    Each row has to be one of test's by its dialogue (without one by id, else by place), and its references those of
    that dialogue: at least half of their words, so that what was only post-processed, tags or case or punctuation,
    is another check's finding. Any exception is wrong: the score is then of something else than test.
    """
    predictions = run.predictions
    assert predictions and run.splits
    test = run.splits["test"]
    rows = find_rows(predictions, test)
    strangers = [place for place, row in enumerate(rows) if row is None]
    wrong = [
        place
        for place, row in enumerate(rows)
        if row is not None and not share_half_their_words(predictions.references[place], test[row].record.references)
    ]
    missing = len(test) - len({row for row in rows if row is not None})
    figure = 1 - (len(strangers) + len(wrong)) / max(1, len(rows))
    if not (strangers or wrong or missing):
        return passed(f"all {len(rows)} predictions are of test", figure=1.0, threshold="1, and all of test")
    places = strangers or wrong
    origin = next(
        (name for name in ("validation", "train") if belong_to_split(predictions, places, run.splits[name])), None
    )
    problems = [
        f"{len(strangers)} of {len(rows)} predictions are of dialogues that are not in test" if strangers else "",
        f"{len(wrong)} of {len(rows)} predictions have references that are not their dialogue's" if wrong else "",
        f"{missing} of {len(test)} test dialogues have no prediction" if missing else "",
        f"those rows are {origin}'s" if places and origin else "",
    ]
    return failed(
        ", ".join(filter(None, problems)),
        "evaluate again on test: dvc repro evaluate",
        figure=figure,
        threshold="1, and all of test",
    )


@check("predictions")
def same_speaker_tags(run: Evidence) -> Finding:
    """Speaker tags that were taken out of one side only: every tag of the other is then a word that is never matched.

    A model that never learnt to write tags is no such case: see `was_taken_away`. The points are those of taking them
    out of both sides, which can be done with what is there; put back, they would give more.
    """
    return _check_sides(run, TAGS)


@check("predictions")
def same_letter_case(run: Evidence) -> Finding:
    """One side in lower case: the two went through different code, which has to be found before it does more.

    ROUGE folds case, all tokenizers here as well, so that it costs nothing by itself; any other metric it costs much.
    A model whose tokenizer knows no capitals is no such case.
    """
    return _check_sides(run, CAPITALS)


@check("predictions")
def same_unicode_form(run: Evidence) -> Finding:
    """One side in composed Unicode form (NFC), the other decomposed (NFD): the same Korean, another string.

    The tokenizers here compose what they compare; rouge-score's own doesn't, and other tools see no match at all.
    """
    return _check_sides(run, COMPOSED)


@check("predictions")
def same_punctuation(run: Evidence) -> Finding:
    """Full stops or quotation marks around a summary on one side only.

    No tokenizer here counts them, so that it is a warning; rougeLsum, which goes by sentences, may move.
    """
    findings = [_check_sides(run, feature, report=warned) for feature in (FINAL_STOPS, BARE_ENDS)]
    return next((each for each in findings if each.status is not Status.PASS), findings[0])


@check("predictions")
def other_tokenizers_and_references(run: Evidence) -> Finding:
    """How the figure would change under settings of `rouge` that others use: numbers of theirs don't compare to it.

    None of them is wrong but one: characters in a script with spaces. Half of them agree by chance (the default run
    scores 16 points more), so that a high score means little.
    """
    predictions = run.predictions
    assert predictions
    drawn = np.random.default_rng(run.seed).permutation(len(predictions.summaries))[:_OTHERS]
    summaries = [predictions.summaries[row] for row in drawn]
    references = [predictions.references[row] for row in drawn]
    now = run.scorer_with(references, tokenizer=run.reported_scorer.tokenizer)
    right = run.scorer_with(references, tokenizer="auto").tokenizer
    scored = now.score(summaries)
    figure = 100 * float(scored.headline_scores.mean())
    others = {}
    for name in sorted({"english", "words", "characters", right} - {now.tokenizer}):
        other = run.scorer_with(references, tokenizer=name)
        if other.coverage >= TRUSTED_COVERAGE:
            others[f"'{name}'"] = other.headline_scores(summaries)
    if now.tokenizer == "english":
        stemmed = run.scorer_with(references, tokenizer="english", stemmer=not run.rouge.stemmer)
        name = "without the stemmer" if run.rouge.stemmer else "with the stemmer"
        others[name] = stemmed.headline_scores(summaries)
    if any(len(texts) > 1 for texts in references):
        combined = "best" if run.rouge.references == "mean" else "mean"
        others[f"{combined} of the references"] = getattr(scored, combined)[run.headline]
    changes = [f"{name} {100 * float(scores.mean()):.1f}" for name, scores in others.items()]
    meaning = (
        f"{len(drawn)} summaries score {figure:.1f} with '{now.tokenizer}'; {', '.join(changes) or 'no other applies'}"
    )
    if now.tokenizer == "characters" and right != "characters":
        points = 100 * float(others[f"'{right}'"].mean()) - figure if f"'{right}'" in others else None
        return warned(meaning, "set rouge.tokenizer to auto", figure=figure, points=points)
    return passed(meaning, figure=figure)


@check("predictions")
def reference_count(run: Evidence) -> Finding:
    """Numbers of references that differ between rows, which make the mean of their scores mean different things.

    A mean over one reference scatters more than over three, and the best of three is higher than the best of one. With
    `rouge.references: best` the meaning says by how much it lies above the mean, which others may report.
    """
    assert run.predictions
    counts = {len(texts) for texts in run.predictions.references}
    figure = float(np.mean([len(texts) for texts in run.predictions.references]))
    if len(counts) > 1:
        return warned(
            f"rows have {min(counts)} to {max(counts)} references",
            "give every test dialogue as many references",
            figure=figure,
            threshold="one number",
        )
    several = f"{counts.pop()} references a dialogue" if figure > 1 else "one reference a dialogue"
    if figure > 1 and run.rouge.references == "best":
        result = run.scorer.score(run.predictions.summaries)
        lift = 100 * float((result.best[run.headline] - result.mean[run.headline]).mean())
        several += f"; the best of them gives {lift:.1f} points more than their mean"
    return passed(several, figure=figure, threshold="one number")


def _difference(run: Evidence, scores: FloatArray, others: FloatArray) -> tuple[float, float, float]:
    """Mean paired difference and its 95 % interval, 0 to 1."""
    differences = scores - others
    interval = difference_interval(differences, seed=run.seed)
    return float(differences.mean()), interval.low, interval.high


def _rescored(run: Evidence, summaries: Sequence[str], references: Sequence[Sequence[str]]) -> FloatArray:
    """The headline score, 0 to 1, of other pairs than the run's, by the trusted tokenizer."""
    scorer = run.scorer_with(references, tokenizer=run.scorer.tokenizer)
    return scorer.headline_scores(summaries)


def _check_sides(run: Evidence, feature: Feature, *, report: Callable[..., Finding] = failed) -> Finding:
    assert run.predictions
    side = side_without(run, feature)
    if side is None:
        return passed(f"summaries and references are alike in {feature.name}")
    if not was_taken_away(run, feature, side):
        return passed(f"the {side} have no {feature.name}, and neither has what they come from")
    references = [[feature.alike(text) for text in texts] for texts in run.predictions.references]
    alike = _rescored(run, [feature.alike(text) for text in run.predictions.summaries], references)
    other = "references" if side == "predictions" else "predictions"
    return report(
        f"the {side} have no {feature.name}, the {other} have",
        f"treat both alike: find what takes {feature.name} out of the {side}",
        figure=0.0,
        threshold="as many on both sides",
        points=100 * float(alike.mean() - run.scores.mean()),
    )
