"""The page of a comparison: two systems or more, with the differences between them."""

import json
from collections.abc import Iterator, Sequence

from beamline.comparison.differences import Comparison, Difference, Pair
from beamline.comparison.revisions import open_revision
from beamline.comparison.systems import System
from beamline.comparison.tables import NOTE, SEVERAL, letter
from beamline.core.report_parts import Grid, hundred
from beamline.metrics.signature import signature_tokenizer
from beamline.metrics.support import WordSplitter
from beamline.pages.html.charts import histogram
from beamline.pages.html.content import NamedSystem, Page, Score, ScoreTable, headline_first, plural
from beamline.pages.html.dialogues import Summaries, dialogue_data
from beamline.pages.html.run import LOSSES, curve_path, loss_chart

_SURE = 0.05  # below this p-value, a difference is more than noise


def comparison_page(comparison: Comparison) -> Page:
    """Return the page of systems that were compared.

    Raises `BeamlineError` if the tokenizer that scored them is not installed.
    """
    systems, headline = comparison.systems, comparison.headline
    columns = headline_first(comparison.pairs[0].differences, headline)
    first = systems[0]
    names = [letter(number) for number in range(len(systems))]
    return Page(
        title=f"Beamline: {first.name} and {', '.join(system.name for system in systems[1:])}",
        verdict=_verdict(comparison),
        detail=f"{plural(len(first.predictions.summaries), 'dialogue')}. {'; '.join(_figures(comparison))}",
        systems=[
            NamedSystem(name, system.name, system.commit if system.commit not in system.name else "")
            for name, system in zip(names, systems, strict=True)
        ],
        scores=_score_table(comparison, columns),
        signatures=list(dict.fromkeys(comparison.signatures)),
        settings=Grid(["setting", *names], list(_differing_settings(systems)), title="Settings that differ"),
        charts=[
            *filter(None, [loss_chart(dict(_curves(systems)))]),
            histogram(
                "Distribution of scores",
                f"{headline} of a dialogue",
                [(name, system.scores[headline]) for name, system in zip(names, systems, strict=True)],
            ),
        ],
        dialogues=dialogue_data(
            [Summaries(system.predictions, system.scores) for system in systems],
            columns,
            headline,
            WordSplitter(signature_tokenizer(first.signature)),
        ),
        notes=[f"Not comparable, but --force: {problem}" for problem in comparison.problems],
    )


def _verdict(comparison: Comparison) -> str:
    """Return in one sentence whether the later systems differ from the first by more than the test set's noise."""
    first, headline = comparison.systems[0].name, comparison.headline
    if len(comparison.pairs) == 1:
        [pair] = comparison.pairs
        difference = pair.differences[headline]
        if difference.p >= _SURE:
            return f"{pair.system.name} and {first} don't differ in {headline} by more than noise."
        more = "more" if difference.difference > 0 else "less"
        gap = hundred(abs(difference.difference))
        return f"{pair.system.name} scores {gap} points {more} than {first} in {headline}, and that is more than noise."
    apart = [pair.system.name for pair in comparison.pairs if pair.differences[headline].p_holm < _SURE]
    if not apart:
        return f"None of the others differs from {first} in {headline} by more than noise."
    verb = "differs" if len(apart) == 1 else "differ"
    return f"{', '.join(apart)} {verb} from {first} in {headline} by more than noise."


def _figures(comparison: Comparison) -> Iterator[str]:
    for number, pair in enumerate(comparison.pairs, start=1):
        value = pair.differences[comparison.headline]
        yield (
            f"{comparison.headline} of {letter(number)} minus A: {hundred(value.difference, sign=True)},"
            f" 95 % interval {_bounds(value)}"
        )


def _score_table(comparison: Comparison, columns: Sequence[str]) -> ScoreTable:
    several = len(comparison.pairs) > 1
    rows = [
        _row(pair, letter(number), column, several)
        for column in columns
        for number, pair in enumerate(comparison.pairs, start=1)
    ]
    if several:
        return ScoreTable(
            ["system", "A", "its own", "minus A", "95 % interval", "p, Holm"],
            rows,
            f"{_CAPTION} With several systems, {SEVERAL}.",
            with_zero=True,
        )
    return ScoreTable(["A", "B", "B − A", "95 % interval", "p"], rows, _CAPTION, with_zero=True)


_CAPTION = f"× 100. rouge_f is the mean of rouge1_f, rouge2_f and rougeL_f. {NOTE}"


def _row(pair: Pair, later: str, column: str, several: bool) -> Score:
    value = pair.differences[column]
    cells = [
        hundred(value.first),
        hundred(value.later),
        hundred(value.difference, sign=True),
        _bounds(value),
        f"{value.p_holm if several else value.p:.4f}",
    ]
    drawn = (100 * value.interval.low, 100 * value.difference, 100 * value.interval.high)
    return Score(column, [later, *cells] if several else cells, drawn)


def _bounds(difference: Difference) -> str:
    return f"{hundred(difference.interval.low, sign=True)} to {hundred(difference.interval.high, sign=True)}"


def _differing_settings(systems: Sequence[System]) -> Iterator[list[str]]:
    """Yield name and values of what is not the same for all systems; nothing if one of them is a file."""
    if not all(system.settings for system in systems):
        return
    for name in dict.fromkeys(name for system in systems for name in system.settings):
        values = [system.settings.get(name) for system in systems]
        if any(value != values[0] for value in values):
            hashed = name.startswith("content of ")
            yield [name, *(str(value)[:7] if hashed else _show(value) for value in values)]


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _curves(systems: Sequence[System]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield letter and curves of every system that is a revision with its curves in the cache."""
    for number, system in enumerate(systems):
        if system.settings:
            revision = open_revision(system.name)
            texts = {name: revision.read_text(curve_path(name)) for name in LOSSES}
            if found := {name: text for name, text in texts.items() if text}:
                yield letter(number), found
