"""From findings to a verdict, and the report that shows it."""

import io
import json
import math
from typing import Any

import pytest
from rich.console import Console

from beamline.comparison.scoring import DEFAULTS
from beamline.core.report_parts import Grid
from beamline.diagnosis.checks import CATALOGUE, Check, Explanation, Finding, Kind, Status
from beamline.diagnosis.checks.check import PROVING, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.report import brief_parts, parts, to_metrics
from beamline.diagnosis.verdict import Result, Verdict, judge, run_checks
from beamline.pages.markdown import to_markdown
from beamline.pages.terminal import print_terminal

EITHER = (Explanation("one", "try this"), Explanation("another", "try that"))
NOTHING = Evidence(seed=0, rouge=DEFAULTS)


def make_check(name: str, family: str, kind: Kind, may_be: Any, function: Any, needs: Any = ()) -> Check:
    return Check(family, name, kind, f"Fault of {name}", needs, (), may_be, function)


def result(
    finding: Finding, name: str = "some_check", family: str = "learning", kind: Kind = Kind.COUNT, may_be: Any = ()
) -> Result:
    return Result(make_check(name, family, kind, may_be, lambda run: finding), finding)


def verdict(*results: Result) -> Verdict:
    return judge(NOTHING, results)


@pytest.mark.parametrize("kind", [Kind.REPLAY, Kind.COUNT, Kind.INTERVENTION])
def test_a_failure_that_is_proved_or_measured_is_a_cause_and_says_how_it_is_known(kind: Kind) -> None:
    found = verdict(result(failed("it is so", "fix", points=4.0), "wrong", kind=kind))
    assert found.cause == "wrong"
    assert found.headline == f"Fault of wrong ({PROVING[kind]}): it is so"


@pytest.mark.parametrize("kind", [Kind.COMPARISON, Kind.AUDIT])
def test_what_differs_or_is_unusual_is_a_suspect_and_never_a_cause(kind: Kind) -> None:
    found = verdict(result(failed("it is odd", "try this"), "odd", kind=kind))
    assert (found.causes, found.cause, found.suspect) == ([], "unknown", "odd")
    assert found.headline == "cause unknown; first suspect: Fault of odd: it is odd"
    assert [suspect.test for suspect in found.suspects] == ["try this"]


def test_a_warning_of_a_proving_check_is_a_suspect_and_nothing_is_broken() -> None:
    found = verdict(result(warned("a little", "fix"), "little"))
    assert (found.causes, found.cause, found.suspect) == ([], "none", "little")
    assert found.headline.startswith("nothing is broken; unusual: Fault of little")


def test_a_small_gain_is_no_cause_beside_a_failure_that_it_can_not_explain() -> None:
    gain = result(failed("2 instead of 3", "x", points=2.0), "gain", "decoding", Kind.INTERVENTION)
    broken = result(failed("swapped", "y", weight=1.0), "broken", "data", Kind.AUDIT)
    found = verdict(gain, broken)
    assert (found.causes, found.cause) == ([], "unknown")
    assert [suspect.name for suspect in found.suspects] == ["broken", "gain"]
    large = result(failed("2 instead of 3", "x", points=20.0), "gain", "decoding", Kind.INTERVENTION)
    assert verdict(large, broken).causes == [large]
    follows = result(failed("short", ""), "short", "summaries", Kind.SYMPTOM, may_be=[gain.check])
    assert verdict(gain, follows).causes == [gain]


def test_suspects_that_failed_come_first_and_then_the_strongest() -> None:
    weak, strong = (
        result(failed("so", "x", weight=w), n, kind=Kind.AUDIT) for w, n in ((0.2, "weak"), (0.9, "strong"))
    )
    warning = result(warned("so", "x", weight=1.0), "warning", kind=Kind.AUDIT)
    assert [suspect.name for suspect in verdict(weak, warning, strong).suspects] == ["strong", "weak", "warning"]


def test_among_failures_of_the_model_the_dearest_comes_first() -> None:
    cheap, dear = result(failed("a", "x", points=1.0), "cheap"), result(failed("b", "y", points=20.0), "dear")
    assert [cause.check.name for cause in verdict(cheap, dear).causes] == ["dear", "cheap"]


def test_a_ceiling_is_never_ranked_as_a_gain() -> None:
    cut, dear = result(failed("cut", "x", ceiling=20.0), "cut"), result(failed("b", "y", points=2.0), "dear")
    found = verdict(cut, dear)
    assert [cause.check.name for cause in found.causes] == ["dear", "cut"]
    assert to_metrics([cut, dear], found)["points"] == {"dear": 2.0}
    assert to_metrics([cut, dear], found)["ceilings"] == {"cut": 20.0}
    assert "at most 20 of 100" in to_markdown(parts([cut, dear], found))


@pytest.mark.parametrize("family", ["metric", "replay", "data"])
def test_what_the_rest_depends_on_comes_before_what_costs_more(family: str) -> None:
    model = result(failed("bad", "train", points=40.0), "bad_model")
    first = result(failed("wrong", "see", points=2.0), "first", family=family)
    assert verdict(model, first).causes[0] is first


def test_a_counted_fact_comes_before_a_gain_of_the_same_family() -> None:
    gain = result(failed("a higher rate", "x", points=20.0), "gain", kind=Kind.INTERVENTION)
    fact = result(failed("it ended within its warm-up", "y"), "fact")
    assert verdict(gain, fact).causes == [fact, gain]


def test_of_a_broken_chain_the_first_link_is_the_cause_whatever_the_others_cost() -> None:
    links = [check for check in CATALOGUE if check.family == "replay" and check.kind is Kind.REPLAY]
    broken = [Result(check, failed("another", "again", points=float(number))) for number, check in enumerate(links)]
    assert verdict(*reversed(broken)).causes == broken
    names = [check.name for check in links]
    assert names.index("prepared_ids") < names.index("checkpoint_weights") < names.index("predictions_of_checkpoint")


def test_a_ceiling_or_flattery_of_little_is_no_cause_beside_a_failure_that_it_can_not_explain() -> None:
    broken = result(failed("swapped", "y", weight=1.0), "broken", "summaries", Kind.AUDIT)
    for finding in (failed("cut", "x", ceiling=99.5), failed("leaked", "x", points=-0.5)):
        assert verdict(result(finding, "little", "data"), broken).causes == []
    for finding in (failed("cut", "x", ceiling=40.0), failed("leaked", "x", points=-3.0), failed("nobody knows", "x")):
        large = result(finding, "large", "data")
        assert verdict(large, broken).causes == [large]


def test_what_may_follow_from_an_unproved_failure_is_a_suspect_after_it() -> None:
    origin = result(failed("many tokens", "x", weight=0.1), "origin", "data", Kind.AUDIT)
    follower = Check("data", "cut", Kind.COUNT, "Summaries are cut", (), (), (), lambda run: cut, [origin.check])
    cut = failed("all are cut", "y", ceiling=30.0, weight=0.7)
    found = verdict(Result(follower, cut), origin)
    assert (found.causes, [suspect.name for suspect in found.suspects]) == ([], ["origin", "cut"])
    warning = result(warned("some more tokens", "x"), "origin", "data", Kind.AUDIT)
    assert verdict(Result(follower, cut), warning).cause == "cut"


def test_what_may_follow_from_another_cause_comes_after_it() -> None:
    origin = result(failed("other tokenizer", "x"), "origin", "data")
    follower = Check("metric", "cut", Kind.COUNT, "It is cut", (), (), (), lambda run: cut, [origin.check])
    cut = failed("all are cut", "y")
    assert [cause.check.name for cause in verdict(Result(follower, cut), origin).causes] == ["origin", "cut"]


def test_a_symptom_never_comes_before_a_cause() -> None:
    symptom = result(failed("short", ""), "short", kind=Kind.SYMPTOM, may_be=EITHER)
    cause = result(failed("cut", "lift"), "cut")
    found = verdict(symptom, cause)
    assert (found.causes, found.symptoms, found.suspects) == ([cause], [symptom], [])
    assert "possible consequences of these causes: short" in to_markdown(parts([symptom, cause], found))


def test_a_symptom_without_a_cause_names_what_it_may_be_and_leaves_out_what_passed() -> None:
    fine = result(passed("fine"), "fine")
    left_out = result(Finding(Status.NOT_APPLICABLE, "left out: diagnose.seconds"), "left_out", kind=Kind.INTERVENTION)
    symptom = result(
        failed("short", ""), "short", kind=Kind.SYMPTOM, may_be=(fine.check, left_out.check, Explanation("one", "try"))
    )
    found = verdict(fine, left_out, symptom)
    assert found.cause == "unknown"
    assert [(suspect.fault, suspect.test) for suspect in found.suspects] == [
        ("Fault of left_out", "not checked: left out: diagnose.seconds"),
        ("one", "try"),
    ]


def test_a_symptom_that_is_a_warning_is_named_in_the_verdict() -> None:
    symptom = result(warned("3% of the summaries are empty", ""), "empty", kind=Kind.SYMPTOM, may_be=EITHER)
    assert verdict(symptom).headline.endswith(f"unusual: {symptom.fault}: 3% of the summaries are empty")


def test_every_check_names_a_fault_and_every_symptom_what_it_may_be() -> None:
    for check in CATALOGUE:
        assert check.fault[0].isupper() or check.fault.split("_")[0].islower()
        assert check.summary.endswith(".")
        assert bool(check.may_be) == (check.kind is Kind.SYMPTOM)
    assert len({check.name for check in CATALOGUE}) == len(CATALOGUE)


def test_a_figure_that_is_no_number_is_not_applicable_and_never_passed() -> None:
    check = make_check("any", "learning", Kind.COUNT, (), lambda run: passed("fine", figure=float("nan")))
    assert check(NOTHING).status is Status.NOT_APPLICABLE


def test_metrics_are_valid_json_whatever_was_measured() -> None:
    results = [result(failed("it is inf", "", figure=math.inf), "exploded")]
    text = json.dumps(to_metrics(results, verdict(*results)), allow_nan=False)
    assert "exploded" in text


def test_the_name_of_a_parameter_is_what_a_check_needs() -> None:
    [coverage] = [check for check in CATALOGUE if check.name == "tokenizer_coverage"]
    assert (list(coverage.needs), list(coverage.wants)) == (["predictions"], [])
    [leaked] = [check for check in CATALOGUE if check.name == "test_in_train"]
    assert (list(leaked.needs), list(leaked.wants)) == (["training_splits"], ["predictions"])


def test_a_terminal_shows_what_was_found_and_the_verdict_once_at_its_end() -> None:
    fine, wrong = result(passed("fine"), "fine_one"), result(failed("wrong", "repair"), "wrong_one")
    odd = result(warned("odd", "look"), "odd_one")
    skipped = result(Finding(Status.NOT_APPLICABLE, "needs more"), "skipped_one")
    results = [fine, wrong, odd, skipped]
    text = to_markdown(brief_parts(results, verdict(*results), "reports/diagnosis.md"))
    assert "| ✗ | wrong one |  | wrong → repair |" in text and "| ! | odd one |  | odd → look |" in text
    assert "fine one" not in text and "skipped one" not in text
    assert "1 of 4 checks passed, 1 did not apply: `reports/diagnosis.md`" in text.splitlines()
    assert text.count("Verdict: ") == 1 and text.splitlines()[-1].startswith("Verdict: ")
    alone = to_markdown(brief_parts([fine], verdict(fine)))
    assert "Checks" not in alone
    assert "1 of 1 checks passed" in alone.splitlines()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_shows_how_many_checks_are_done_and_a_file_does_not(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal)
    monkeypatch.setattr("beamline.diagnosis.verdict.get_console", lambda: console)
    monkeypatch.setattr("beamline.diagnosis.verdict.CATALOGUE", CATALOGUE[:2])
    assert len(run_checks(NOTHING)) == 2
    assert isinstance(console.file, io.StringIO)
    assert ("checking" in console.file.getvalue()) == terminal


def test_points_stand_only_where_something_was_found() -> None:
    fine, wrong = result(passed("fine", points=-0.3), "fine"), result(failed("wrong", "repair", points=4.0), "wrong")
    text = to_markdown(parts([fine, wrong], verdict(fine, wrong)))
    assert "| ✓ | fine |  |  |  | fine |" in text
    assert "| ✗ | wrong |  |  | +4.0 | wrong → repair |" in text


def test_a_run_of_which_parts_are_missing_is_only_as_good_as_could_be_checked() -> None:
    check = make_check("any", "learning", Kind.COUNT, (), lambda run: passed("never reached"), ("splits",))
    missing = Result(check, check(NOTHING))
    good, slow = result(passed("fine")), result(warned("slow", "wait"), "slow")
    assert verdict(good, missing).headline == "nothing wrong found in what could be checked (1 of 2 checks)"
    assert verdict(good, missing, slow).headline == (
        "nothing is broken in what could be checked (2 of 3 checks); unusual: Fault of slow: slow"
    )


@pytest.mark.parametrize("status", list(Status))
def test_metrics_count_every_status(status: Status) -> None:
    results = [result(Finding(status, "so it is", figure=0.5), "one"), result(passed("fine", figure=1.0), "two")]
    metrics = to_metrics(results, verdict(*results))
    assert sum(metrics["count"].values()) == 2
    assert metrics["count"][status.value.replace(" ", "_")] >= 1
    assert metrics["figures"]["learning"] == {"one": 0.5, "two": 1.0}


def test_a_check_without_its_evidence_is_not_applicable_and_says_what_it_needs() -> None:
    check = make_check("any", "learning", Kind.COUNT, (), lambda run: passed("never"), ("predictions", "splits"))
    finding = check(NOTHING)
    assert finding.status is Status.NOT_APPLICABLE
    assert finding.meaning == "needs the predictions and data/prepared"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("prose", [False, True])
def test_nothing_is_cut_off_in_a_narrow_terminal(width: int, prose: bool) -> None:
    key = "train.a_parameter_with_a_very_long_name_of_sixty_letters_or_more"
    cells = [key, key.upper(), "figure", "points", key]
    console = Console(width=width, file=io.StringIO())
    print_terminal(iter([Grid(["a", "b", "c", "d", "e"], [cells], labels=3, prose=prose)]), console)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert "…" not in printed
    columns = zip(*[line.strip("│").split("│") for line in printed.splitlines() if line.startswith("│")], strict=True)
    assert ["".join(map(str.strip, column)) for column in columns] == cells


def test_dialogue_text_in_a_meaning_is_no_markup() -> None:
    shown = result(failed("<script>alert(1)</script> | *x*", "repair"))
    text = to_markdown(parts([shown], verdict(shown)))
    assert "<script>" not in text
    assert r"\| \*x\*" in text
