"""What a diagnosis shows: the verdict above the table of checks, for a terminal and as Markdown, and its figures."""

from collections.abc import Iterator, Sequence
from typing import Any

from beamline.core.report_parts import Grid, Line
from beamline.diagnosis.checks import Finding, Status
from beamline.diagnosis.checks.check import TELL_APART
from beamline.diagnosis.verdict import Result, Verdict

_MARKS = {Status.PASS: "✓", Status.WARNING: "!", Status.FAILURE: "✗", Status.NOT_APPLICABLE: "–"}
_POINTS = "points: 100 × the headline score that fixing it brings, negative if the fault flatters the score"


def to_metrics(results: Sequence[Result], verdict: Verdict) -> dict[str, Any]:
    """Return metrics/diagnosis.json: counts by status, the causes, and every figure under `family.check`.

    Nothing in it is a list, which `dvc metrics diff` would drop.
    """
    statuses = [result.finding.status for result in results]
    return {
        "verdict": verdict.headline,
        "cause": verdict.cause,
        "count": {status.value.replace(" ", "_"): statuses.count(status) for status in Status},
        "points": {
            result.check.name: result.finding.points for result in verdict.causes if result.finding.points is not None
        },
        "figures": _figures(results),
    }


def parts(results: Sequence[Result], verdict: Verdict) -> Iterator[Line | Grid]:
    """Yield the report from top to bottom, with every check."""
    yield from _judgement(verdict)
    yield Grid(
        ["", "check", "figure", "healthy", "points", "what it means → what to do"],
        [_row(result, verdict) for result in _by_family(results)],
        title="Checks",
        caption=f"✓ pass  ! warning  ✗ failure  – not applicable; {_POINTS}",
        labels=6,
    )


def brief_parts(results: Sequence[Result], verdict: Verdict, report: str = "") -> Iterator[Line | Grid]:
    """Yield what a terminal shows: the verdict, the checks that found something, and how many passed.

    report: the file that has all, to name it. Figures and bounds are in that file alone, because the sentences need the
    width and say what matters. The verdict is also the last line, because the tables can be long.
    """
    yield from _judgement(verdict)
    found = [result for result in results if result.is_found]
    if found:
        rows = [_row(result, verdict) for result in _by_family(found)]
        yield Grid(
            ["", "check", "points", "what it means → what to do"],
            [[mark, title, points, advice] for mark, title, _, _, points, advice in rows],
            title="Checks",
            caption=f"! warning  ✗ failure; {_POINTS}",
            labels=4,
        )
    statuses = [result.finding.status for result in results]
    counts = [f"{statuses.count(Status.PASS)} of {len(results)} checks passed"]
    if skipped := statuses.count(Status.NOT_APPLICABLE):
        counts.append(f"{skipped} could not be made")
    yield Line(f"{', '.join(counts)}{f': {report}' if report else ''}")
    yield Line(f"Verdict: {verdict.headline}.")


def _judgement(verdict: Verdict) -> Iterator[Line | Grid]:
    yield Line(f"Verdict: {verdict.headline}.")
    if verdict.unexplained or not verdict.causes:
        yield from _seen(verdict)
        yield from _causes(verdict)
    else:
        yield from _causes(verdict)
        yield from _also_seen(verdict.symptoms, "possible consequences of these causes")
    if verdict.gap:
        yield Line(verdict.gap)


def _by_family(results: Sequence[Result]) -> list[Result]:
    families = list(dict.fromkeys(result.check.family for result in results))
    return sorted(results, key=lambda result: families.index(result.check.family))


def _causes(verdict: Verdict) -> Iterator[Line | Grid]:
    if verdict.causes:
        explaining = "Causes, in the order in which they explain the missing score"
        yield Grid(
            ["", "cause", "ROUGE points", "evidence", "what to do"],
            [
                [
                    str(number),
                    result.check.title,
                    _points(result.finding),
                    result.finding.meaning,
                    result.finding.advice,
                ]
                for number, result in enumerate(verdict.causes, start=1)
            ],
            title="What could be better, and explains no failure" if verdict.unexplained else explaining,
            labels=5,
        )


def _seen(verdict: Verdict) -> Iterator[Line | Grid]:
    """Yield the symptoms without a cause: those that failed, or else all, with what they may come from."""
    shown = verdict.unexplained or verdict.symptoms
    if shown:
        yield Grid(
            ["seen", "it may be", "what would tell"],
            [
                ["" if number else f"{result.check.title}: {result.finding.meaning}", other.cause, other.test]
                for result in shown
                for number, other in enumerate(result.check.may_be)
            ],
            title="Seen, with more than one possible cause",
            labels=3,
        )
    yield from _also_seen([result for result in verdict.symptoms if result not in shown], "unusual")


def _also_seen(symptoms: Sequence[Result], what: str) -> Iterator[Line]:
    if symptoms:
        yield Line(f"Also seen, and {what}: {', '.join(result.check.title for result in symptoms)}.")


def _row(result: Result, verdict: Verdict) -> list[str]:
    finding = result.finding
    return [
        _MARKS[finding.status],
        result.check.title,
        "" if finding.figure is None else f"{finding.figure:.4g}",
        finding.threshold,
        _points(finding) if result.is_found else "",
        " → ".join(filter(None, [finding.meaning, _advice(result, verdict)])),
    ]


def _advice(result: Result, verdict: Verdict) -> str:
    """Return what to do. For a symptom: fix the causes that explain it, or else try the possible ones, listed once."""
    if result.finding.advice != TELL_APART:
        return result.finding.advice
    if verdict.causes and not verdict.unexplained:
        return "fix the causes above, then look again"
    if result in (verdict.unexplained or verdict.symptoms):
        return f"{TELL_APART}, as listed above"
    return (
        f"{TELL_APART}: {'; '.join(f'{explanation.cause} ({explanation.test})' for explanation in result.check.may_be)}"
    )


def _points(finding: Finding) -> str:
    return "" if finding.points is None else f"{finding.points:+.1f}"


def _figures(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    for result in results:
        if result.finding.figure is not None:
            figures.setdefault(result.check.family, {})[result.check.name] = result.finding.figure
    return figures
