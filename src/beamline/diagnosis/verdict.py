"""From findings to a verdict: the causes of a missing score, the first first, and what only follows from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from beamline.core.errors import BeamlineError
from beamline.diagnosis.checks import CATALOGUE, Check, Finding, Status
from beamline.diagnosis.checks.baselines import gap_to_baselines
from beamline.diagnosis.evidence import Evidence

# If the metric is blind, or reads other files than the model's, every further figure is worthless. If test isn't what
# it should be, no score of any model means what it says. Only then is it the model's turn.
_TRUST = {"metric": 0, "reporting": 1, "data": 2}
_SEVERITY = {Status.FAILURE: 0, Status.WARNING: 1}


@dataclass(frozen=True)
class Result:
    """A check with what it found."""

    check: Check
    finding: Finding

    @property
    def is_found(self) -> bool:
        """Return whether the check warned or failed."""
        return self.finding.status in _SEVERITY

    @property
    def has_failed(self) -> bool:
        """Return whether the check failed."""
        return self.finding.status is Status.FAILURE


@dataclass(frozen=True)
class Verdict:
    """What the findings together say about the score.

    causes: what is wrong by itself, the first explains most. symptoms: what is seen and can follow from causes.

    gap: a sentence that compares the model with the best trivial baseline; empty if that can't be measured.
    checked: how many of all checks could be made, if evidence of the run is missing; empty if it is complete.
    """

    causes: Sequence[Result]
    symptoms: Sequence[Result]
    gap: str
    checked: str = ""

    @property
    def unexplained(self) -> list[Result]:
        """Return the symptoms that failed, if no cause did. A cause that is only a warning explains no failure."""
        if any(cause.has_failed for cause in self.causes):
            return []
        return [symptom for symptom in self.symptoms if symptom.has_failed]

    @property
    def cause(self) -> str:
        """Return the name of the first cause's check, "unknown" if something failed without a cause, or "none"."""
        if self.unexplained:
            return "unknown"
        return self.causes[0].check.name if self.causes else "none"

    @property
    def headline(self) -> str:
        """Return the verdict in one sentence, without a full stop."""
        if self.unexplained:
            first, *others = self.unexplained
            more = f", and {_counted(len(others), 'more check')} failed" if others else ""
            return (
                f"'{first.check.title}' failed: {first.finding.meaning}{more}; these checks can't say which of several"
                " causes it is"
            )
        if self.causes:
            first, *others = self.causes
            more = f", and {_counted(len(others), 'more cause')}" if others else ""
            sound = "" if first.has_failed else f"{self._sound}; "
            return f"{sound}{first.check.title}: {first.finding.meaning}{more}"
        if self.symptoms:
            return f"{self._sound}; what is unusual is listed below"
        if self.checked:
            return f"nothing wrong found in what could be checked ({self.checked})"
        return "nothing wrong found: the model is simply this good"

    @property
    def _sound(self) -> str:
        return f"nothing is broken in what could be checked ({self.checked})" if self.checked else "nothing is broken"


def run_checks(run: Evidence) -> list[Result]:
    """Run every check and return the results, in the order of the catalogue."""
    return [Result(check, check(run)) for check in CATALOGUE]


def judge(run: Evidence, results: Sequence[Result]) -> Verdict:
    """Return the verdict on a run: causes before symptoms, because symptoms follow from causes.

    Only a cause that failed explains a failure. Without one, the symptoms that failed are the verdict themselves.
    Causes are ordered by severity, then by how much of the rest depends on them (the metric, the files, the data, the
    model). Then come the points that they account for. Causes without measured points keep the catalogue's order.
    """
    found = [result for result in results if result.is_found]
    return Verdict(
        causes=sorted((result for result in found if not result.check.is_symptom), key=_rank),
        symptoms=sorted((result for result in found if result.check.is_symptom), key=_rank),
        gap=gap_to_baselines(run),
        checked=_checked(run, results),
    )


def stop_on(status: Literal["failure", "warning"], results: Sequence[Result]) -> None:
    """Raise `BeamlineError` if a check found that status, or a worse one."""
    stopping = {Status.FAILURE} if status == "failure" else {Status.FAILURE, Status.WARNING}
    if names := [result.check.title for result in results if result.finding.status in stopping]:
        raise BeamlineError(f"--fail-on {status}: {', '.join(names)}; the report above says what to do")


def _checked(run: Evidence, results: Sequence[Result]) -> str:
    if all(getattr(run, name) is not None for result in results for name in result.check.needs):
        return ""
    applicable = sum(result.finding.status is not Status.NOT_APPLICABLE for result in results)
    return f"{applicable} of {_counted(len(results), 'check')}"


def _rank(result: Result) -> tuple[int, int, float]:
    finding = result.finding
    return (_SEVERITY[finding.status], _TRUST.get(result.check.family, 3), -abs(finding.points or 0.0))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
