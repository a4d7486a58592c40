"""The metric: whether its scores mean anything. These checks come before any statement about the model."""

import numpy as np

from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Explanation, Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.checks.data.differences import dialogue_differences
from beamline.diagnosis.checks.data.texts import constant_references
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.gain import gain_of_scores
from beamline.diagnosis.measures.pairing import (
    belong_to_split,
    find_rows,
    likely_orders,
    share_half_their_words,
    swap_texts,
)
from beamline.diagnosis.parts import TRUSTED_COVERAGE, Splits
from beamline.metrics.significance import difference_interval
from beamline.metrics.tokenizers import FULL_COVERAGE, lost_words

_OTHERS = 20  # summaries for a figure that only informs: characters take nine times as long as words


@check(Kind.COUNT, "The ROUGE tokenizer drops letters of the references")
def tokenizer_coverage(run: Evidence, predictions: Predictions) -> Finding:
    """Measures the share of the references' letters and digits that the ROUGE tokenizer keeps.

    Failure if the share is below 0.9, warning if it is below 0.995. Pass if the automatic choice is the same tokenizer.
    rouge-score's own tokenizer keeps only `[a-z0-9]`, so of Korean it keeps nothing. Below 0.995, words break at their
    accents. Speaker tags are left out: they alone would make any two summaries alike.
    """
    reported, threshold = run.reported_scorer, f"at least {FULL_COVERAGE}, or no other is chosen"
    meaning = f"the '{reported.tokenizer}' tokenizer keeps {reported.coverage:.1%} of letters and digits in references"
    if reported.coverage >= FULL_COVERAGE:
        return passed(meaning, figure=reported.coverage, threshold=threshold)
    seeing = run.scorer_with(tokenizer="auto")
    if seeing.tokenizer == reported.tokenizer:
        return passed(meaning, figure=reported.coverage, threshold=threshold)
    is_blind = reported.coverage < TRUSTED_COVERAGE
    scored, other = (scorer.headline_scores(predictions.summaries) for scorer in (reported, seeing))
    points = 100 * float(other.mean() - scored.mean())
    lost = lost_words(reported.corpus.texts, reported.corpus.tokenizer)
    return (failed if is_blind else warned)(
        f"{meaning}; it loses, for example, {', '.join(lost)}",
        f"set rouge.tokenizer to auto, which is '{seeing.tokenizer}' here",
        figure=reported.coverage,
        threshold=threshold,
        points=points,
    )


@check(Kind.COUNT, "The predictions do not belong to the test dialogues")
def predicted_dialogues(run: Evidence, predictions: Predictions, splits: Splits) -> Finding:
    """Looks up the test dialogue of each prediction.

    Failure if a prediction belongs to no test dialogue, if a test dialogue has no prediction, or if references are not
    those of their dialogue. Warning if a dialogue has another number of references. A dialogue is found by its text;
    without texts, by its id; without ids, by its position. References are the same if they share half of their words,
    so post-processed references are still found. A failure usually means that another split, another version of the
    data or only a part of test was scored.
    """
    test = splits["test"]
    rows = find_rows(predictions, test)
    strangers = [place for place, row in enumerate(rows) if row is None]
    wrong = [
        place
        for place, row in enumerate(rows)
        if row is not None and not share_half_their_words(predictions.references[place], test[row].record.references)
    ]
    counts = {
        (len(predictions.references[place]), len(test[row].record.references))
        for place, row in enumerate(rows)
        if row is not None and len(predictions.references[place]) != len(test[row].record.references)
    }
    missing = len(test) - len({row for row in rows if row is not None})
    figure = 1 - (len(strangers) + len(wrong)) / max(1, len(rows))
    if not (strangers or wrong or missing or counts):
        return passed(f"all {len(rows)} predictions are of test", figure=1.0, threshold="1, and all of test")
    places = strangers or wrong
    origin = next(
        (name for name in ("validation", "train") if belong_to_split(predictions, places, splits[name])), None
    )
    again = len(rows) - len(set(predictions.dialogues)) if predictions.dialogues is not None else 0
    problems = [
        f"{len(strangers)} of {len(rows)} predictions belong to dialogues outside test" if strangers else "",
        f"{len(wrong)} of {len(rows)} predictions have references that are not their dialogue's" if wrong else "",
        f"{missing} of {len(test)} test dialogues have no prediction" if missing else "",
        f"{again} predictions belong to dialogues that already have one" if again and strangers else "",
        f"those rows are {origin}'s" if places and origin and not again else "",
    ]
    is_wrong = bool(places or missing)
    if not places:
        problems += [f"predictions have {own} of their dialogues' {whole} references" for own, whole in sorted(counts)]
    return (failed if is_wrong else warned)(
        ", ".join(filter(None, problems)),
        "evaluate again on test: dvc repro evaluate",
        figure=figure,
        threshold="1, and all of test",
        weight=1.0,
        fault="" if is_wrong else "Predictions do not have the references of their dialogues",
    )


@check(Kind.INTERVENTION, "Summaries are compared with other dialogues' references", follows=[dialogue_differences])
def row_order(run: Evidence, predictions: Predictions) -> Finding:
    """Scores the summaries again in other orders: shifted by up to five rows, reversed, and in the best order of all.

    Failure if a shift or the reverse order gains more than 5 points, or the best order more than 10. The whole interval
    has to be above that bound. The best order (an assignment problem) has the higher bound, because it also fits noise.
    In correct rows it gained at most 6 points (models that hardly read their input, 60 rows). The default run regains
    39 points if it is shuffled.
    """
    for order in likely_orders(predictions):
        references = [predictions.references[row] for row in order.belong]
        rearranged = run.rescore([predictions.summaries[row] for row in order.rows], references)
        brings = gain_of_scores(rearranged, run.scores[order.belong], seed=run.seed)
        bound = 5 if order.is_named else 10
        if brings.low > bound:
            return failed(
                f"summaries {order.name}; with their own references the score changes by {brings}",
                "fix what writes the predictions: join summaries and references by id, not by position",
                figure=brings.points,
                threshold=f"at most {bound} points",
                points=brings.points,
            )
    return passed("no other order of the rows scores much higher")


@check(Kind.SYMPTOM, "The metric can't tell references apart", may_be=[tokenizer_coverage, constant_references])
def alike_references(run: Evidence, predictions: Predictions) -> Finding:
    """Scores references against themselves, and against another dialogue's reference.

    Failure if the whole interval of the difference is below 0.5: most of what the metric counts is then in every
    reference. Summaries of different dialogues share little except function words. The difference is 0.85 in
    data/english and data/korean, and 0.90 in DialogSum. With the Korean references and `[a-z0-9]` it is 0.40 with
    speaker tags and 0 without.
    """
    first = [texts[0] for texts in predictions.references]
    scorer = run.scorer_with([[text] for text in first], tokenizer=run.reported_scorer.tokenizer)
    own, other = (scorer.headline_scores(texts) for texts in (first, swap_texts(first, seed=run.seed)))
    figure, interval = float((own - other).mean()), difference_interval(own - other, seed=run.seed)
    meaning = (
        f"a reference scores {100 * own.mean():.1f} against itself and {100 * other.mean():.1f} against another"
        f" dialogue's, a difference of {figure:.2f}"
    )
    if interval.high >= 0.5:
        return passed(meaning, figure=figure, threshold="interval not below 0.5")
    return failed(meaning, "", figure=figure, threshold="interval not below 0.5")


@check(
    Kind.SYMPTOM,
    "Summaries score no higher against their own references than against others",
    may_be=[
        tokenizer_coverage,
        row_order,
        predicted_dialogues,
        constant_references,
        Explanation("The model writes the same for all dialogues", "read reports/predictions.jsonl"),
    ],
)
def scrambled_pairs(run: Evidence, predictions: Predictions) -> Finding:
    """Scores summaries against their own references, and against those of other dialogues.

    Warning if the whole interval of the difference is below 2 points, which is chance. Failure if, in addition, the
    ROUGE tokenizer keeps less than 0.9 of the references' letters and digits. The default run is better with its own
    references by 37 to 41 points, two models that were trained too briefly by 2 to 16.
    """
    is_blind = run.reported_scorer is not run.scorer
    summaries = predictions.summaries
    own = run.reported_scorer.headline_scores(summaries) if is_blind else run.scores
    other = run.reported_scorer.headline_scores(swap_texts(summaries, seed=run.seed))
    figure, interval = float((own - other).mean()), difference_interval(own - other, seed=run.seed)
    meaning = (
        f"against other dialogues' references the summaries score {100 * other.mean():.1f} instead of"
        f" {100 * own.mean():.1f}; the difference is {100 * interval.low:.1f} to {100 * interval.high:.1f} points"
    )
    if interval.high >= 0.02:
        return passed(meaning, figure=figure, threshold="interval not below 0.02")
    return (failed if is_blind else warned)(meaning, "", figure=figure, threshold="interval not below 0.02")


@check(Kind.AUDIT, "ROUGE counts characters in a script with spaces")
def other_tokenizers(run: Evidence, predictions: Predictions) -> Finding:
    """Scores 20 summaries again under other settings of `rouge`, because other people report scores with them.

    Warning if `rouge.tokenizer` is `characters` in a script with spaces. Half of the characters agree by chance: the
    default run scores 16 points more this way. The other settings are correct, but their scores can't be compared with
    this run's.
    """
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
    listed = ", ".join(changes) or "no other setting applies"
    meaning = f"{len(drawn)} summaries score {figure:.1f} with '{now.tokenizer}'; {listed}"
    if now.tokenizer == "characters" and right != "characters":
        points = 100 * float(others[f"'{right}'"].mean()) - figure if f"'{right}'" in others else None
        return warned(meaning, "set rouge.tokenizer to auto", figure=figure, points=points, weight=0.2)
    return passed(meaning, figure=figure)


@check(Kind.AUDIT, "Dialogues have different numbers of references")
def reference_count(run: Evidence, predictions: Predictions) -> Finding:
    """Counts the references of each dialogue.

    Warning if dialogues have different numbers of references: a score over one reference varies more than a mean over
    three. With `rouge.references: best`, the result also says how far the best of several references is above their
    mean.
    """
    counts = {len(texts) for texts in predictions.references}
    figure = float(np.mean([len(texts) for texts in predictions.references]))
    if len(counts) > 1:
        return warned(
            f"rows have {min(counts)} to {max(counts)} references",
            "give every test dialogue the same number of references",
            figure=figure,
            threshold="one number",
        )
    several = f"{counts.pop()} references a dialogue" if figure > 1 else "one reference a dialogue"
    if figure > 1 and run.rouge.references == "best":
        result = run.scorer.score(predictions.summaries)
        lift = 100 * float((result.best[run.headline] - result.mean[run.headline]).mean())
        several += f"; the best of them gives {lift:.1f} points more than their mean"
    return passed(several, figure=figure, threshold="one number")
