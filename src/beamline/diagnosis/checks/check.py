"""A check: one small function over parts of a run's evidence, with a typed result."""

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beamline.core.errors import BeamlineError
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.usual_ranges import FAR, Range, find_outside
from beamline.diagnosis.parts import needs


class Status(StrEnum):
    PASS = "pass"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_APPLICABLE = "not applicable"


class Kind(StrEnum):
    """How a check knows its result. A cause has to be proved or measured; everything else is a suspect.

    replay: does a step of the run again, and its result differs. count: counts a fact that is wrong by itself.
    intervention: changes one thing and measures the gain. comparison: two sides differ. audit: something is outside its
    usual range. symptom: a consequence, which can have several causes.
    """

    REPLAY = "replay"
    COUNT = "count"
    INTERVENTION = "intervention"
    COMPARISON = "comparison"
    AUDIT = "audit"
    SYMPTOM = "symptom"


PROVING = {Kind.REPLAY: "proved by replay", Kind.COUNT: "counted", Kind.INTERVENTION: "measured"}
"""The kinds whose failures are causes, with the word for how they are known."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    figure: what was measured, in the unit of `threshold`; None if there is nothing to count. threshold: what a healthy
    run has, for a person: "at least 0.90". meaning: one sentence about what the figure says of this run. advice: what
    to do, or the experiment that would tell; empty if there is nothing to do. points: the measured gain of fixing it,
    100 × the headline score; negative if the fault makes the score too high. ceiling: the highest score, 0 to 100, that
    the fault leaves possible. weight: 0 to 1, the strength of a suspicion, which orders suspects. fault: what is wrong,
    if it is known more exactly than `Check.fault` says.
    """

    status: Status
    meaning: str
    figure: float | None = None
    threshold: str = ""
    advice: str = ""
    points: float | None = None
    ceiling: float | None = None
    weight: float = 0.0
    fault: str = ""

    @property
    def is_found(self) -> bool:
        """Return whether the check warned or failed."""
        return self.status in (Status.FAILURE, Status.WARNING)


@dataclass(frozen=True)
class Explanation:
    """A cause that no check looks for, with the experiment that would distinguish it from others."""

    cause: str
    test: str


@dataclass(frozen=True)
class Check:
    """A check that is ready to run.

    kind: how it knows its result. fault: what is wrong if it fails, a sentence without a full stop. needs: the parts of
    `Evidence` that it can't do without, which are the function's parameters without a default. wants: the parts that it
    uses if they are known. may_be: possible causes of a symptom: other checks, and causes that no check looks for.
    follows: checks of earlier links. If one of them failed, what this check found may be its consequence.
    """

    family: str
    name: str
    kind: Kind
    fault: str
    needs: Sequence[str]
    wants: Sequence[str]
    may_be: Sequence["Check | Explanation"]
    function: Callable[..., Finding]
    follows: Sequence["Check"] = ()

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def summary(self) -> str:
        """Return the docstring of the function on one line."""
        return " ".join((inspect.getdoc(self.function) or "").split())

    def __call__(self, run: Evidence) -> Finding:
        """Return what the check finds in a run: not applicable if a part is missing or a value is NaN."""
        try:
            parts = {name: getattr(run, name) for name in (*self.needs, *self.wants)}
            missing = [name for name in self.needs if parts[name] is None]
            if missing:
                return not_applicable(needs(missing))
            finding = self.function(run, **parts)
        except BeamlineError as error:  # the evidence can't be read; the check that looks for this fault names it
            return not_applicable(str(error))
        if any(value is not None and math.isnan(value) for value in (finding.figure, finding.points, finding.ceiling)):
            return not_applicable("the measured value is not a number (NaN)")
        return finding


CATALOGUE: list[Check] = []
"""Every check, in the order of the families in `checks/__init__.py`: filled as the families are imported."""


def check(
    kind: Kind, fault: str, *, may_be: Sequence[Check | Explanation] = (), follows: Sequence[Check] = ()
) -> Callable[[Callable[..., Finding]], Check]:
    """Make a function a check: `@check(Kind.COUNT, "Test dialogues are in the training set")`.

    The check has the function's name, and its module or package in `checks` is the family. The first parameter is the
    run. The other parameters are the parts of `Evidence` that the check needs; parts with the default None may be
    missing.
    """

    def register(function: Callable[..., Finding]) -> Check:
        family = function.__module__.removeprefix(f"{__package__}.").partition(".")[0]
        _, *parameters = inspect.signature(function).parameters.values()
        needs = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
        wants = [parameter.name for parameter in parameters if parameter.name not in needs]
        CATALOGUE.append(Check(family, function.__name__, kind, fault, needs, wants, may_be, function, follows))
        return CATALOGUE[-1]

    return register


def passed(meaning: str, *, figure: float | None = None, threshold: str = "", points: float | None = None) -> Finding:
    return Finding(Status.PASS, meaning, figure, threshold, points=points)


def warned(
    meaning: str,
    advice: str,
    *,
    figure: float | None = None,
    threshold: str = "",
    points: float | None = None,
    ceiling: float | None = None,
    weight: float = 0.0,
    fault: str = "",
) -> Finding:
    return Finding(Status.WARNING, meaning, figure, threshold, advice, points, ceiling, weight, fault)


def failed(
    meaning: str,
    advice: str,
    *,
    figure: float | None = None,
    threshold: str = "",
    points: float | None = None,
    ceiling: float | None = None,
    weight: float = 0.0,
    fault: str = "",
) -> Finding:
    return Finding(Status.FAILURE, meaning, figure, threshold, advice, points, ceiling, weight, fault)


def judge_ranges(ranges: Iterable[Range]) -> Finding:
    """Return a finding about settings with a usual range. The setting that is farthest outside is named first."""
    ranges = list(ranges)
    outside = find_outside(ranges)
    if not outside:
        return passed(f"all {len(ranges)} settings are in their usual range", figure=0, threshold="0")
    first = outside[0]
    meaning = "; ".join(
        f"{found.key} is {found.value:g}; usual is {found.low:g} to {found.high:g} ({found.source})"
        for found in outside
    )
    far = first.distance >= FAR
    return (failed if far else warned)(
        meaning,
        f"try {first.key}: {first.low if first.value < first.low else first.high:g}, and compare the two",
        figure=len(outside),
        threshold="0",
        weight=0.8 if far else 0.3,
        fault=f"{first.key} is unusually {'low' if first.value < first.low else 'high'}",
    )


def not_applicable(reason: str) -> Finding:
    return Finding(Status.NOT_APPLICABLE, reason)
