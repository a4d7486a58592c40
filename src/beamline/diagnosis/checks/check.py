"""What a check is: one small function over the evidence of a run, with a typed result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beamline.core.errors import BeamlineError
from beamline.diagnosis.evidence import Evidence


class Status(StrEnum):
    PASS = "pass"
    WARNING = "warning"
    FAILURE = "failure"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    figure: what was measured, in the unit that `threshold` names; None where there is nothing to count.
    threshold: what a healthy run has, as a person reads it: "at least 0.90".
    meaning: one sentence, what the figure says about this run. advice: what to do; empty where nothing is to be done.
    points: ROUGE points, the difference that fixing this makes to 100 x `rouge_f`; positive where the score is lower
        than it ought to be, negative where it flatters. None where it can't be measured from this run.
    """

    status: Status
    meaning: str
    figure: float | None = None
    threshold: str = ""
    advice: str = ""
    points: float | None = None


@dataclass(frozen=True)
class Explanation:
    """One of several causes that a symptom can have, and the experiment that would tell it from the others."""

    cause: str
    test: str


@dataclass(frozen=True)
class Check:
    """A check that is ready to run.

    needs: fields of `Evidence` without which it is not applicable. may_be: what a symptom can come from. A check
    without explanations names a cause by itself: what it fails on is a mechanism and no consequence of another.
    """

    family: str
    name: str
    needs: Sequence[str]
    may_be: Sequence[Explanation]
    function: Callable[[Evidence], Finding]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def is_symptom(self) -> bool:
        return bool(self.may_be)

    def __call__(self, run: Evidence) -> Finding:
        missing = [name for name in self.needs if getattr(run, name) is None]
        if missing:
            return not_applicable(f"needs {' and '.join(name.replace('_', ' ') for name in missing)}")
        try:
            return self.function(run)
        except BeamlineError as error:  # evidence that can't be had; the check whose business that is names it
            return not_applicable(str(error))


TELL_APART = "find out which of its possible causes it is"
"""The advice of a symptom, behind which a report lists what each of them is told by."""

CATALOGUE: list[Check] = []
"""Every check, in the order of the families in `checks/__init__.py`: filled as the families are imported."""


def check(
    *needs: str, may_be: Sequence[Explanation] = ()
) -> Callable[[Callable[[Evidence], Finding]], Callable[[Evidence], Finding]]:
    """Make a function a check: `@check("predictions")`.

    Its name is the check's, and its module or package in `checks` the family.
    """

    def register(function: Callable[[Evidence], Finding]) -> Callable[[Evidence], Finding]:
        family = function.__module__.removeprefix(f"{__package__}.").partition(".")[0]
        CATALOGUE.append(Check(family, function.__name__, needs, may_be, function))
        return function

    return register


def passed(meaning: str, *, figure: float | None = None, threshold: str = "", points: float | None = None) -> Finding:
    return Finding(Status.PASS, meaning, figure, threshold, points=points)


def warned(
    meaning: str, advice: str, *, figure: float | None = None, threshold: str = "", points: float | None = None
) -> Finding:
    return Finding(Status.WARNING, meaning, figure, threshold, advice, points)


def failed(
    meaning: str, advice: str, *, figure: float | None = None, threshold: str = "", points: float | None = None
) -> Finding:
    return Finding(Status.FAILURE, meaning, figure, threshold, advice, points)


def not_applicable(reason: str) -> Finding:
    return Finding(Status.NOT_APPLICABLE, reason)
