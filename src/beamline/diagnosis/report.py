"""Reports of a diagnosis: the verdict and the table of checks, for a terminal and as Markdown, and metrics."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from beamline.core.report_parts import Grid, Line
from beamline.diagnosis.checks import FAMILIES, Finding, Kind, Status
from beamline.diagnosis.checks.check import PROVING
from beamline.diagnosis.verdict import Result, Suspect, Verdict

_MARKS = {Status.PASS: "✓", Status.WARNING: "!", Status.FAILURE: "✗", Status.NOT_APPLICABLE: "–"}
_POINTS = "points: what fixing it gains, 100 × the headline score; negative if the fault makes the score too high"


def to_metrics(results: Sequence[Result], verdict: Verdict) -> dict[str, Any]:
    """Return metrics/diagnosis.json: counts by status, the verdict, and every figure under `family.check`.

    It has no lists, which `dvc metrics diff` would drop, and no infinite numbers, which JSON lacks.
    """
    statuses = [result.finding.status for result in results]
    return {
        "verdict": verdict.headline,
        "cause": verdict.cause,
        "suspect": verdict.suspect,
        "count": {status.value.replace(" ", "_"): statuses.count(status) for status in Status},
        "points": {
            result.check.name: result.finding.points for result in verdict.causes if result.finding.points is not None
        },
        "ceilings": {
            result.check.name: result.finding.ceiling for result in results if result.finding.ceiling is not None
        },
        "figures": _figures(results),
    }


def parts(results: Sequence[Result], verdict: Verdict) -> Iterator[Line | Grid]:
    """Yield the whole report from top to bottom, with every check."""
    yield Line(f"Verdict: {verdict.headline}.")
    yield from _judgement(verdict)
    yield Grid(
        ["", "check", "figure", "healthy", "points", "what it means → what to do"],
        [_row(result) for result in _by_family(results)],
        title="Checks",
        caption=f"✓ pass  ! warning  ✗ failure  – not applicable; {_POINTS}",
        labels=6,
    )


def brief_parts(results: Sequence[Result], verdict: Verdict, report: str = "") -> Iterator[Line | Grid]:
    """Yield what a terminal shows: causes or suspects, the checks that found something, and the verdict at the end.

    report: the file with the whole report, to name it. Only that file has figures and bounds, because the sentences
    need the width of the terminal.
    """
    yield from _judgement(verdict)
    found = [result for result in results if result.is_found]
    if found:
        rows = [_row(result) for result in _by_family(found)]
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
        counts.append(f"{skipped} did not apply")
    yield Line(f"{', '.join(counts)}{f': {report}' if report else ''}")
    yield Line(f"Verdict: {verdict.headline}.")


def _judgement(verdict: Verdict) -> Iterator[Line | Grid]:
    if verdict.causes:
        yield Grid(
            ["", "cause", "known by", "points", "evidence", "what to do"],
            [
                [
                    str(number),
                    result.fault,
                    PROVING[result.check.kind],
                    _points(result.finding),
                    result.finding.meaning,
                    result.finding.advice,
                ]
                for number, result in enumerate(verdict.causes, start=1)
            ],
            title="Causes, in the order in which they explain the missing score",
            labels=6,
        )
    if verdict.suspects:
        yield Grid(
            ["", "possible cause", "because", "how to find out"],
            list(_suspect_rows(verdict.suspects)),
            title="Suspects: what may be wrong, the most likely first",
            labels=4,
        )
    if verdict.symptoms:
        what = "possible consequences of these causes" if verdict.causes else "not explained"
        yield Line(f"Also seen, and {what}: {', '.join(result.check.title for result in verdict.symptoms)}.")
    if verdict.gap:
        yield Line(verdict.gap)


def _suspect_rows(suspects: Sequence[Suspect]) -> Iterator[list[str]]:
    seen = ""
    for number, suspect in enumerate(suspects, start=1):
        because = "the same" if suspect.seen == seen else suspect.seen  # of several causes of one symptom
        yield [str(number), suspect.fault, because, suspect.test]
        seen = suspect.seen


def _by_family(results: Sequence[Result]) -> list[Result]:
    return sorted(results, key=lambda result: FAMILIES.index(result.check.family))


def _row(result: Result) -> list[str]:
    finding = result.finding
    advice = finding.advice if result.is_found and result.check.kind is not Kind.SYMPTOM else ""
    return [
        _MARKS[finding.status],
        result.check.title,
        "" if finding.figure is None else f"{finding.figure:.4g}",
        finding.threshold,
        _points(finding) if result.is_found else "",
        " → ".join(filter(None, [finding.meaning, advice])),
    ]


def _points(finding: Finding) -> str:
    if finding.points is not None:
        return f"{finding.points:+.1f}"
    return "" if finding.ceiling is None else f"at most {finding.ceiling:.0f} of 100"


def _figures(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    for result in results:
        figure = result.finding.figure
        if figure is not None and math.isfinite(figure):
            figures.setdefault(result.check.family, {})[result.check.name] = figure
    return figures
