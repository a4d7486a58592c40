"""From findings to a verdict: causes that are proved or measured; without any, suspects, the strongest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich import get_console
from rich.progress import track

from beamline.core.errors import BeamlineError
from beamline.diagnosis.checks import CATALOGUE, Check, Finding, Kind, Status
from beamline.diagnosis.checks.baselines import gap_to_baselines
from beamline.diagnosis.checks.check import PROVING
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.gain import POINT

# If the metric is wrong, every other figure is worthless. Labels come before replay, because their checks say what is
# wrong, and a replay only that something differs. After a link of the chain that differs, everything is of another run.
# If test is wrong, the score of any model is wrong. The other families come last.
_TRUST = {"metric": 0, "labels": 1, "replay": 2, "data": 3}
_LARGE = 5.0  # points
_SEVERITY = {Status.FAILURE: 0, Status.WARNING: 1}


@dataclass(frozen=True)
class Result:
    """A check with what it found."""

    check: Check
    finding: Finding

    @property
    def fault(self) -> str:
        """Return what is wrong, as a sentence without a full stop."""
        return self.finding.fault or self.check.fault

    @property
    def is_found(self) -> bool:
        """Return whether the check warned or failed."""
        return self.finding.is_found

    @property
    def has_failed(self) -> bool:
        """Return whether the check failed."""
        return self.finding.status is Status.FAILURE

    @property
    def is_cause(self) -> bool:
        """Return whether the check failed, and is of a kind that proves or measures."""
        return self.has_failed and self.check.kind in PROVING

    def explains(self, failures: Sequence["Result"], score: float) -> bool:
        """Return whether this may be a cause although other checks failed. score: of the run, 0 to 100.

        A replay may, and so may a fault whose cost is unknown. Another count has to cost one point. A measured gain has
        to be 5 points, or a quarter of the score if that is more. A smaller fault may only if every failure is of the
        same family, or is a symptom that lists this check as a cause. For example, 2 points by another penalty don't
        explain a model that reads nothing.
        """
        least = max(_LARGE, score / 4) if self.check.kind is Kind.INTERVENTION else POINT
        if self.check.family == "replay" or self.reach is None or self.reach >= least:
            return True
        return all(
            failure.check.family == self.check.family or self.check in failure.check.may_be for failure in failures
        )

    def origins(self, results: Sequence["Result"]) -> list["Result"]:
        """Return those of the results that failed and may have caused this one."""
        return [other for other in results if other.has_failed and other.check in self.check.follows]

    @property
    def reach(self) -> float | None:
        """Return the points that this explains: what fixing it changes, or what a ceiling takes; None if unknown."""
        if self.finding.points is not None:
            return abs(self.finding.points)
        return None if self.finding.ceiling is None else 100 - self.finding.ceiling

    @property
    def is_symptom(self) -> bool:
        """Return whether the check found a symptom, which follows from something else."""
        return self.is_found and self.check.kind is Kind.SYMPTOM

    @property
    def is_suspect(self) -> bool:
        """Return whether the check found something that may be wrong, or that does not explain the score."""
        return self.is_found and not self.is_symptom


@dataclass(frozen=True)
class Suspect:
    """Something that may be the cause.

    name: of the check that found it or looks for it; empty if none does. fault: what would be wrong. seen: why it is
    suspected. test: the experiment that would tell.
    """

    name: str
    fault: str
    seen: str
    test: str


@dataclass(frozen=True)
class Verdict:
    """What the findings together say about the score.

    causes: what is wrong, proved or measured, the one that explains most first. suspects: what may be wrong, the most
    likely first. symptoms: what was seen and follows from a cause or a suspect.

    gap: a sentence that compares the model with the best trivial baseline; empty if that can't be measured. checked:
    how many of all checks applied, if evidence of the run is missing; empty if it is complete. alarming: whether a
    check failed. A verdict without a cause then says that the cause is unknown.
    """

    causes: Sequence[Result]
    suspects: Sequence[Suspect]
    symptoms: Sequence[Result]
    gap: str
    alarming: bool = False
    checked: str = ""

    @property
    def cause(self) -> str:
        """Return the name of the first cause's check; without a cause, "unknown" if a check failed, else "none"."""
        if self.causes:
            return self.causes[0].check.name
        return "unknown" if self.alarming else "none"

    @property
    def suspect(self) -> str:
        """Return the name of the first suspect's check, or "none"."""
        return self.suspects[0].name if self.suspects else "none"

    @property
    def headline(self) -> str:
        """Return the verdict in one sentence, without a full stop."""
        if self.causes:
            first, *others = self.causes
            more = f"; and {_counted(len(others), 'more cause')}" if others else ""
            return f"{first.fault} ({PROVING[first.check.kind]}): {first.finding.meaning}{more}"
        checked = f" in what could be checked ({self.checked})" if self.checked else ""
        if self.suspects:
            suspect, *rest = self.suspects
            more = f"; and {_counted(len(rest), 'more suspect')}" if rest else ""
            opening = "cause unknown; first suspect" if self.alarming else f"nothing is broken{checked}; unusual"
            return f"{opening}: {suspect.fault}: {suspect.seen}{more}"
        if self.alarming:
            return f"cause unknown; seen: {self.symptoms[0].fault}: {self.symptoms[0].finding.meaning}"
        if self.symptoms:
            symptom = self.symptoms[0]
            return f"nothing is broken{checked}; unusual: {symptom.fault}: {symptom.finding.meaning}"
        return f"nothing wrong found{checked or ': the model is simply this good'}"


def run_checks(run: Evidence) -> list[Result]:
    """Run every check and return the results, in the order of the catalogue. A terminal shows the progress."""
    console = get_console()  # that of the bars of decoding, which are shown below this one
    checks = track(CATALOGUE, "checking", console=console, transient=True, disable=not console.is_terminal)
    return [Result(check, check(run)) for check in checks]


def judge(run: Evidence, results: Sequence[Result]) -> Verdict:
    """Return the verdict on a run.

    A cause is a failure that is proved or measured, and large enough to explain the other failures. It is only a
    suspect if it may follow from another failure that is one. Causes are ordered by how much depends on them: the
    metric, the labels, the links of the chain in their order, the data, the rest. Among equals, the one that explains
    most points is first. Without a cause, the suspects are everything else that was found, and then possible causes of
    failed symptoms that could not be checked.
    """
    failures = [result for result in results if result.has_failed and result.check.kind not in PROVING]
    score = _score(run)
    proved = [result for result in results if result.is_cause and result.explains(failures, score)]
    # What may follow from something that isn't proved would be a wrong cause, if that is the cause.
    open_origins = [result for result in results if result.has_failed and result not in proved]
    causes = _origins_first(sorted((cause for cause in proved if not cause.origins(open_origins)), key=_rank))
    symptoms = sorted((result for result in results if result.is_symptom), key=_rank)
    return Verdict(
        causes=causes,
        suspects=_suspects(
            [result for result in results if result not in causes],
            [symptom for symptom in symptoms if symptom.has_failed and not causes],
        ),
        symptoms=symptoms,
        gap=gap_to_baselines(run),
        alarming=any(result.has_failed for result in results),
        checked=_checked(run, results),
    )


def stop_on(status: Literal["failure", "warning"], results: Sequence[Result]) -> None:
    """Raise `BeamlineError` if a check found this status or a worse one."""
    stopping = {Status.FAILURE} if status == "failure" else {Status.FAILURE, Status.WARNING}
    if names := [result.check.title for result in results if result.finding.status in stopping]:
        raise BeamlineError(f"--fail-on {status}: {', '.join(names)}; the report above says what to do")


def _suspects(results: Sequence[Result], unexplained: Sequence[Result]) -> list[Suspect]:
    """Return what was found and is no cause, the strongest first, then other causes of `unexplained` symptoms."""
    found = _origins_first(sorted((result for result in results if result.is_suspect), key=_suspicion))
    suspects = [
        Suspect(result.check.name, result.fault, result.finding.meaning, result.finding.advice) for result in found
    ]
    finding_of = {result.check.name: result.finding for result in results}
    for symptom in unexplained:
        for other in symptom.check.may_be:
            seen = f"{symptom.fault}: {symptom.finding.meaning}"
            if isinstance(other, Check):
                # If the check passed, its fault is ruled out. If it found something, it is in the list already.
                if finding_of[other.name].status is Status.NOT_APPLICABLE:
                    why = finding_of[other.name].meaning
                    suspects.append(Suspect(other.name, other.fault, seen, f"not checked: {why}"))
            else:
                suspects.append(Suspect("", other.cause, seen, other.test))
    unique = {suspect.fault: suspect for suspect in reversed(suspects)}
    return sorted(unique.values(), key=suspects.index)


def _origins_first(results: Sequence[Result]) -> list[Result]:
    """Return the results in their order, but each failure before those that may follow from it."""
    ordered: list[Result] = []

    def add(result: Result) -> None:
        if result not in ordered:
            for origin in result.origins(results):
                add(origin)
            ordered.append(result)

    for result in results:
        add(result)
    return ordered


def _score(run: Evidence) -> float:
    return 100 * float(run.scores.mean()) if run.predictions is not None else 0.0


def _checked(run: Evidence, results: Sequence[Result]) -> str:
    needed = {name for result in results for name in result.check.needs}
    if all(getattr(run, name, None) is not None for name in needed):
        return ""
    applicable = sum(result.finding.status is not Status.NOT_APPLICABLE for result in results)
    return f"{applicable} of {_counted(len(results), 'check')}"


def _rank(result: Result) -> tuple[int, int, bool, int, float]:
    """Return the sort key of causes: what is wrong by itself comes before what a change would gain.

    Of the chain, the first link that differs comes first, because the others follow from it.
    """
    finding, check = result.finding, result.check
    link = CATALOGUE.index(check) if check.family == "replay" and check in CATALOGUE else 0
    is_measured = check.kind is Kind.INTERVENTION
    return (
        _SEVERITY[finding.status], _TRUST.get(check.family, 4), is_measured, link, -abs(finding.points or 0.0)
    )  # fmt: skip


def _suspicion(result: Result) -> tuple[int, float]:
    return (_SEVERITY[result.finding.status], -result.finding.weight)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
