"""From findings to a verdict, and the report that shows it."""

import io
from typing import Any

import pytest
from rich.console import Console

from beamline.comparison.scoring import DEFAULTS
from beamline.core.report_parts import Grid
from beamline.diagnosis.checks import CATALOGUE, Check, Explanation, Finding, Status
from beamline.diagnosis.checks.check import TELL_APART, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.report import brief_parts, parts, to_metrics
from beamline.diagnosis.verdict import Result, Verdict, judge
from beamline.pages.markdown import to_markdown
from beamline.pages.terminal import print_terminal

EITHER = (Explanation("one", "try this"), Explanation("another", "try that"))
NOTHING = Evidence(seed=0, rouge=DEFAULTS)


def result(finding: Finding, name: str = "some_check", family: str = "learning", may_be: Any = ()) -> Result:
    return Result(Check(family, name, (), may_be, lambda run: finding), finding)


def verdict(*results: Result) -> Verdict:
    return judge(NOTHING, results)


def test_a_failure_comes_before_a_warning_that_costs_more() -> None:
    warning = result(warned("slow", "wait", points=9.0), "slow")
    failure = result(failed("wrong", "mend", points=1.0), "wrong")
    assert [each.check.name for each in verdict(warning, failure).causes] == ["wrong", "slow"]


def test_among_failures_of_the_model_the_dearest_comes_first() -> None:
    cheap, dear = result(failed("a", "x", points=1.0), "cheap"), result(failed("b", "y", points=20.0), "dear")
    assert [each.check.name for each in verdict(cheap, dear).causes] == ["dear", "cheap"]


def test_a_blind_metric_comes_before_everything_that_was_measured_of_the_model() -> None:
    model = result(failed("bad", "train", points=40.0), "bad_model")
    metric = result(failed("blind", "see", points=2.0), "blind", family="metric")
    assert verdict(model, metric).causes[0] is metric


def test_a_symptom_never_comes_before_a_cause() -> None:
    symptom, cause = result(failed("short", ""), "short", may_be=EITHER), result(failed("cut", "lift"), "cut")
    found = verdict(symptom, cause)
    assert (found.causes, found.symptoms) == ([cause], [symptom])
    text = to_markdown(parts([symptom, cause], found))
    assert "possible consequences of these causes: short" in text


def test_symptoms_without_a_cause_name_all_that_they_may_be_and_what_would_tell() -> None:
    symptom = result(failed("short", ""), "short", may_be=EITHER)
    found = verdict(symptom)
    assert "can't say which" in found.headline
    text = to_markdown(parts([symptom], found))
    for explanation in EITHER:
        assert explanation.cause in text
        assert explanation.test in text


def test_what_could_be_better_explains_no_failure() -> None:
    search = result(warned("4 beams bring +2.0 ROUGE points", "generation.num_beams: 4", points=2.0), "search")
    unread = result(failed("the dialogue is not read", ""), "source_is_read", may_be=EITHER)
    empty = result(failed("all are empty", ""), "summaries_are_not_empty", family="decoding", may_be=EITHER)
    odd = result(warned("odd", ""), "oddity", may_be=EITHER)
    found = verdict(search, unread, empty, odd)
    assert found.headline.startswith("'source is read' failed: the dialogue is not read, and 1 more check failed")
    assert to_metrics([search, unread, empty, odd], found)["cause"] == "unknown"
    text = to_markdown(parts([search, unread, empty, odd], found))
    assert "consequences" not in text
    shown = ["source is read: the dialogue", "are not empty: all", "unusual: oddity", "explains no failure", "4 beams"]
    places = [text.index(each) for each in shown]
    assert places == sorted(places)


@pytest.mark.parametrize("status", [Status.WARNING, Status.NOT_APPLICABLE, Status.PASS])
@pytest.mark.parametrize("may_be", [(), EITHER])
def test_nothing_is_never_broken_where_a_check_failed(status: Status, may_be: Any) -> None:
    other = result(Finding(status, "so it is"), "other")
    headline = verdict(other, result(failed("wrong", ""), "this", may_be=may_be)).headline
    assert "nothing" not in headline
    assert "wrong" in headline


def test_a_cause_that_failed_explains_the_failures_beside_it() -> None:
    cause, empty = result(failed("cut", "lift"), "cut"), result(failed("empty", ""), "empty", may_be=EITHER)
    assert verdict(cause, empty, result(warned("slow", "wait"), "slow")).headline == "cut: cut, and 1 more cause"
    assert verdict(cause, empty).headline == "cut: cut"


def test_what_to_do_about_a_symptom_is_said_by_its_cause_or_else_by_its_explanations() -> None:
    short = result(failed("short", TELL_APART), "short", may_be=EITHER)
    odd = result(warned("odd", TELL_APART), "odd", may_be=EITHER)
    unexplained = to_markdown(parts([short, odd], verdict(short, odd)))
    assert f"short → {TELL_APART}, as listed above |" in unexplained
    assert f"odd → {TELL_APART}: one (try this); another (try that) |" in unexplained
    cut = result(failed("cut", "lift"), "cut")
    explained = to_markdown(parts([cut, short], verdict(cut, short)))
    assert "cut → lift |" in explained
    assert "short → fix the causes above, then look again |" in explained


def test_every_symptom_says_what_would_tell_its_causes_apart() -> None:
    for check in CATALOGUE:
        assert all(each.cause and each.test for each in check.may_be)


def test_points_stand_only_where_something_is_to_be_mended() -> None:
    fine, wrong = result(passed("fine", points=-0.3), "fine"), result(failed("wrong", "mend", points=4.0), "wrong")
    text = to_markdown(parts([fine, wrong], verdict(fine, wrong)))
    assert "| ✓ | fine |  |  |  | fine |" in text
    assert "| ✗ | wrong |  |  | +4.0 | wrong → mend |" in text


def test_a_terminal_shows_what_was_found_and_counts_the_rest() -> None:
    fine, wrong = result(passed("fine"), "fine_one"), result(failed("wrong", "mend"), "wrong_one")
    odd = result(warned("odd", "look"), "odd_one")
    skipped = result(Finding(Status.NOT_APPLICABLE, "needs more"), "skipped_one")
    results = [fine, wrong, odd, skipped]
    text = to_markdown(brief_parts(results, verdict(*results), "reports/diagnosis.md"))
    assert "| ✗ | wrong one |  | wrong → mend |" in text and "| ! | odd one |  | odd → look |" in text
    assert "fine one" not in text and "skipped one" not in text
    assert "1 of 4 checks passed, 1 could not be made: `reports/diagnosis.md`" in text.splitlines()
    alone = to_markdown(brief_parts([fine], verdict(fine)))
    assert "Checks" not in alone
    assert "1 of 1 checks passed" in alone.splitlines()


def test_a_warned_cause_may_explain_warned_symptoms() -> None:
    slow, short = result(warned("slow", "wait"), "slow"), result(warned("short", ""), "short", may_be=EITHER)
    found = verdict(slow, short)
    assert found.headline == "nothing is broken; slow: slow"
    assert "possible consequences of these causes: short" in to_markdown(parts([slow, short], found))


def test_a_run_that_passes_is_simply_this_good() -> None:
    assert verdict(result(passed("fine"))).headline == "nothing wrong found: the model is simply this good"


def test_a_run_of_which_parts_are_missing_is_only_as_good_as_could_be_checked() -> None:
    check = Check("learning", "any", ("splits",), (), lambda run: passed("never reached"))
    missing = Result(check, check(NOTHING))
    good, slow = result(passed("fine")), result(warned("slow", "wait"), "slow")
    assert verdict(good, missing).headline == "nothing wrong found in what could be checked (1 of 2 checks)"
    assert verdict(good, missing, slow).headline == (
        "nothing is broken in what could be checked (2 of 3 checks); slow: slow"
    )


@pytest.mark.parametrize("status", list(Status))
def test_metrics_count_every_status(status: Status) -> None:
    results = [result(Finding(status, "so it is", figure=0.5), "one"), result(passed("fine", figure=1.0), "two")]
    metrics = to_metrics(results, verdict(*results))
    assert sum(metrics["count"].values()) == 2
    assert metrics["count"][status.value.replace(" ", "_")] >= 1
    assert metrics["figures"]["learning"] == {"one": 0.5, "two": 1.0}


def test_a_check_without_its_evidence_is_not_applicable_and_says_what_it_needs() -> None:
    check = Check("learning", "any", ("predictions", "splits"), (), lambda run: passed("never reached"))
    finding = check(NOTHING)
    assert finding.status is Status.NOT_APPLICABLE
    assert finding.meaning == "needs predictions and splits"


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
    shown = result(failed("<script>alert(1)</script> | *x*", "mend"))
    text = to_markdown(parts([shown], verdict(shown)))
    assert "<script>" not in text
    assert r"\| \*x\*" in text
