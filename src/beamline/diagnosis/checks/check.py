"""What a check is: one small function over parts of a run's evidence, with a typed result."""

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beamline.core.errors import BeamlineError
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.usual_ranges import FAR, Range, find_outside


class Status(StrEnum):
    PASS = "pass"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_APPLICABLE = "not applicable"


class Kind(StrEnum):
    """How a check knows what it says. Only what is proved or measured can be a cause; the rest can only be suspected.

    replay: a step of the run was done again, and its result is another one. count: a fact that is wrong by itself was
    counted. intervention: one thing was changed, and the gain was measured. comparison: two sides differ. audit:
    something is outside its usual range. symptom: a consequence, of one of several causes.
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

    figure: what was measured, in the unit that `threshold` names; None if there is nothing to count.
    threshold: what a healthy run has, as a person reads it: "at least 0.90".
    meaning: one sentence, what the figure says about this run. advice: what to do, or the experiment that would tell;
    empty if there is nothing to do. points: a measured gain in points, 100 × the headline score, positive if the score
    is lower than it could be, negative if the fault flatters it. ceiling: the highest score, 0 to 100, that the fault
    leaves within reach. weight: 0 to 1, how strong a suspicion is, which orders suspects. fault: what is wrong, if that
    is known more exactly than by the check.
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
    """A cause that no check looks for, and the experiment that would tell it from others."""

    cause: str
    test: str


@dataclass(frozen=True)
class Check:
    """A check that is ready to run.

    kind: how it knows. fault: what is wrong if it fails, a sentence without a full stop. needs: the parts of `Evidence`
    without which it is not applicable: the function's parameters without a default. wants: those that it also takes.
    may_be: what a symptom can come from: other checks, and causes that no check looks for.
    """

    family: str
    name: str
    kind: Kind
    fault: str
    needs: Sequence[str]
    wants: Sequence[str]
    may_be: Sequence["Check | Explanation"]
    function: Callable[..., Finding]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def summary(self) -> str:
        """Return the docstring of the function on one line."""
        return " ".join((inspect.getdoc(self.function) or "").split())

    def __call__(self, run: Evidence) -> Finding:
        """Return what the check finds in a run. What it measures and is not a number makes it not applicable."""
        try:
            parts = {name: getattr(run, name) for name in (*self.needs, *self.wants)}
            missing = [name for name in self.needs if parts[name] is None]
            if missing:
                return not_applicable(f"needs {' and '.join(name.replace('_', ' ') for name in missing)}")
            finding = self.function(run, **parts)
        except BeamlineError as error:  # evidence that can't be had; the check whose business that is names it
            return not_applicable(str(error))
        if any(value is not None and math.isnan(value) for value in (finding.figure, finding.points, finding.ceiling)):
            return not_applicable("what it measures is not a number here (NaN)")
        return finding


CATALOGUE: list[Check] = []
"""Every check, in the order of the families in `checks/__init__.py`: filled as the families are imported."""


def check(
    kind: Kind, fault: str, *, may_be: Sequence[Check | Explanation] = ()
) -> Callable[[Callable[..., Finding]], Check]:
    """Make a function a check: `@check(Kind.COUNT, "Test dialogues are in the training set")`.

    Its name is the check's, and its module or package in `checks` the family. Its first parameter is the run. The names
    of the others are the parts of `Evidence` that it needs; those with the default None may be missing.
    """

    def register(function: Callable[..., Finding]) -> Check:
        family = function.__module__.removeprefix(f"{__package__}.").partition(".")[0]
        _, *parameters = inspect.signature(function).parameters.values()
        needs = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
        wants = [parameter.name for parameter in parameters if parameter.name not in needs]
        CATALOGUE.append(Check(family, function.__name__, kind, fault, needs, wants, may_be, function))
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
    """Return a finding about settings with a usual range: the one that is farthest outside is named first."""
    ranges = list(ranges)
    outside = find_outside(ranges)
    if not outside:
        return passed(f"all {len(ranges)} settings are in their usual range", figure=0, threshold="0")
    first = outside[0]
    meaning = "; ".join(
        f"{each.key} is {each.value:g}, usual are {each.low:g} to {each.high:g} ({each.source})" for each in outside
    )
    far = first.distance >= FAR
    return (failed if far else warned)(
        meaning,
        f"{first.key}: {first.low if first.value < first.low else first.high:g}, and compare the two",
        figure=len(outside),
        threshold="0",
        weight=0.8 if far else 0.3,
        fault=f"{first.key} is unusually {'low' if first.value < first.low else 'high'}",
    )


def not_applicable(reason: str) -> Finding:
    return Finding(Status.NOT_APPLICABLE, reason)
