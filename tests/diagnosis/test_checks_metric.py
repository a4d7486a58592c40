"""The metric's checks on people's summaries of the real corpora, and on what can be done to them."""

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import torch
from support.corpus_evidence import PARAMS, corpus, evidence, failing_causes, finding, findings, people

from beamline.core.params import Scratch
from beamline.core.records import SPEAKER_TAG, Predictions
from beamline.diagnosis.evidence import Evidence
from beamline.models.scratch import build_model

pytestmark = pytest.mark.slow

Change = Callable[[str], str]


@pytest.fixture(scope="module", params=["english", "korean"])
def run(request: pytest.FixtureRequest) -> Evidence:
    return evidence(corpus(request.param))


@pytest.fixture(scope="module")
def korean() -> Evidence:
    return evidence(corpus("korean"))


@pytest.fixture(scope="module")
def english() -> Evidence:
    return evidence(corpus("english"))


def rewritten(run: Evidence, summaries: Change = str, references: Change = str) -> Evidence:
    """The same run after each text of a side went through a function."""
    assert run.predictions
    predictions = replace(
        run.predictions,
        summaries=[summaries(text) for text in run.predictions.summaries],
        references=[[references(text) for text in texts] for texts in run.predictions.references],
    )
    return with_predictions(run, predictions)


def with_predictions(run: Evidence, predictions: Predictions, **changes: object) -> Evidence:
    rouge = run.rouge.model_copy(update={"minimum_coverage": 0.0, **changes})
    return Evidence(seed=0, rouge=rouge, predictions=predictions, splits=run.splits, codec=run.codec)


def stripped(text: str) -> str:
    return " ".join(SPEAKER_TAG.sub(" ", text).split())


def test_nothing_is_found_in_healthy_runs(run: Evidence) -> None:
    assert {name: result.status for name, result in findings("metric", run).items() if result.status != "pass"} == {}


@pytest.mark.parametrize("change", [str, stripped])
def test_a_blind_tokenizer_is_the_only_cause_with_and_without_tags(korean: Evidence, change: Change) -> None:
    changed = rewritten(korean, change, change)
    assert changed.predictions
    blind = with_predictions(changed, changed.predictions, tokenizer="english")
    assert failing_causes("metric", blind) == ["tokenizer_coverage"]
    found = findings("metric", blind)
    assert found["alike_references"].status == "failure"
    assert "rouge.tokenizer" in found["tokenizer_coverage"].advice
    seeing = with_predictions(changed, changed.predictions, tokenizer="auto")
    difference = seeing.reported_scorer.score(changed.predictions.summaries).means()["rouge_f"]
    difference -= blind.reported_scorer.score(changed.predictions.summaries).means()["rouge_f"]
    assert found["tokenizer_coverage"].points == pytest.approx(100 * difference)


def test_a_tokenizer_that_cuts_words_at_accents_is_a_warning(english: Evidence) -> None:
    accented = rewritten(english, lambda text: text.replace("e", "é", 1), lambda text: text.replace("e", "é", 2))
    assert accented.predictions
    cutting = with_predictions(accented, accented.predictions, tokenizer="english")
    found = finding("tokenizer_coverage", cutting)
    assert found.status == "warning"
    assert "'words'" in found.advice


@pytest.mark.parametrize("side", ["summaries", "references"])
def test_tags_stripped_from_one_side_are_named_and_what_it_cost(run: Evidence, side: str) -> None:
    changed = rewritten(run, **{side: stripped})
    assert failing_causes("texts", changed) == ["one_sided"]
    found = finding("one_sided", changed)
    both = rewritten(run, stripped, stripped)
    assert found.points == pytest.approx(100 * float(both.scores.mean() - changed.scores.mean()))
    assert found.points > 1


@pytest.mark.parametrize("side", ["summaries", "references"])
def test_lower_case_on_one_side_costs_rouge_nothing_and_is_a_suspect(run: Evidence, side: str) -> None:
    changed = rewritten(run, **{side: str.lower})
    assert failing_causes("texts", changed) == []
    found = finding("one_sided", changed)
    [other] = {"summaries", "references"} - {side}
    assert (found.status, found.fault) == ("warning", f"Only the {other} have capital letters")
    assert found.points == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("change", [stripped, str.lower])
def test_what_was_done_to_both_sides_is_no_difference(run: Evidence, change: Change) -> None:
    changed = rewritten(run, change, change)
    assert failing_causes("metric", changed) == []
    assert finding("one_sided", changed).status == "pass"


def test_decomposed_korean_on_one_side_is_named(korean: Evidence) -> None:
    changed = rewritten(korean, lambda text: unicodedata.normalize("NFD", text))
    found = finding("one_sided", changed)
    assert (found.status, found.fault) == ("warning", "Only the references have composed characters (NFC)")


@pytest.mark.parametrize(
    "token",
    ["</s>", "<extra_id_0>", "<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "<end_of_turn>", "[/INST]", "<0x0A>"],
)
def test_special_tokens_of_many_models_are_leftovers(english: Evidence, token: str) -> None:
    changed = rewritten(english, lambda text: f"{text}{token}")
    found = finding("leftovers", changed)
    assert (found.status, found.fault) == ("failure", "There are special tokens in the summaries")
    assert repr(token) in found.meaning
    placeholders = rewritten(english, lambda text: f"{text} <file_photo> [laughs] <3 a|b>")
    assert finding("leftovers", placeholders).status == "pass"


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_a_dialogue_before_its_summary_is_taken_off(run: Evidence, kept: float) -> None:
    assert run.predictions and run.predictions.dialogues
    echoes = [
        f"Summarize the dialogue:\n{dialogue[int((1 - kept) * len(dialogue)) :]}\n{summary}"
        for dialogue, summary in zip(run.predictions.dialogues, run.predictions.summaries, strict=True)
    ]
    echoing = with_predictions(run, replace(run.predictions, summaries=echoes))
    found = finding("echoed_dialogues", echoing)
    assert (found.status, found.figure) == ("failure", 1)
    assert found.points == pytest.approx(100 * float(run.scores.mean() - echoing.scores.mean()))


def test_summaries_that_quote_turns_echo_no_dialogue(run: Evidence) -> None:
    assert run.predictions and run.predictions.dialogues
    for turns in (slice(3), slice(None, None, 2), slice(None)):
        quoted = [" ".join(dialogue.splitlines()[turns]) for dialogue in run.predictions.dialogues]
        found = finding("echoed_dialogues", with_predictions(run, replace(run.predictions, summaries=quoted)))
        assert found.status == "pass"


def test_percent_codes_are_leftovers_and_percentages_are_none(run: Evidence) -> None:
    found = finding("leftovers", rewritten(run, quote))
    assert found.fault == "There are percent-encoded characters in the summaries"
    assert found.points is not None and found.points > 10
    assert finding("leftovers", rewritten(run, lambda text: f"{text} 20% off, 5 %, 100%.")).status == "pass"


@pytest.mark.parametrize(("side", "name"), [("summaries", "leftovers"), ("references", "reference_leftovers")])
def test_korean_that_was_read_as_latin_1_is_named_and_what_it_cost(korean: Evidence, side: str, name: str) -> None:
    changed = rewritten(korean, **{side: lambda text: text.encode().decode("latin-1")})
    assert failing_causes("texts", changed) == [name]
    found = finding(name, changed)
    assert found.fault == f"There are UTF-8 characters read as another encoding in the {side}"
    assert found.points == pytest.approx(100 * float(korean.scores.mean() - changed.scores.mean()))
    assert found.points > 10


@pytest.mark.parametrize(
    ("change", "name"),
    [(lambda text: text.rstrip("."), "one_sided"), (lambda text: f'"{text}"', "summary_differences")],
)
def test_punctuation_of_one_side_is_a_suspect_because_rouge_sees_none(run: Evidence, change: Change, name: str) -> None:
    changed = rewritten(run, change)
    assert finding(name, changed).status != "pass"
    assert failing_causes("texts", changed) == []


def test_invisible_characters_within_words_are_measured_and_a_cause(english: Evidence) -> None:
    changed = rewritten(english, lambda text: re.sub(r"(\w{2})(\w)", "\\1\u200b\\2", text))
    assert failing_causes("texts", changed) == ["one_sided"]
    found = finding("one_sided", changed)
    assert found.fault == "Only the summaries have invisible characters"
    assert found.points is not None and found.points > 20


@pytest.mark.parametrize(
    "change", [lambda text: f"Summary in one line: {text}", lambda text: f"{text} End of summary."]
)
def test_a_phrase_that_a_program_added_is_measured_and_a_cause(run: Evidence, change: Change) -> None:
    changed = rewritten(run, change)
    assert "added_text" in failing_causes("texts", changed)
    points = finding("added_text", changed).points
    assert points is not None and points >= 1


WORDS = [f"{fruit} {form}" for fruit in ("apple", "fig", "lemon", "pear") for form in ("cake", "jam", "juice", "pie")]
LAST = [f"Two people buy {word} at the market in town." for word in WORDS]
FIRST = [f"At the market in town, two people buy {word}." for word in WORDS]


@pytest.mark.parametrize(
    ("summaries", "references"),
    [(FIRST, LAST), (FIRST[:1], LAST[:1]), (FIRST[:4], LAST[:4]), ([*LAST[:8], *FIRST[8:9] * 8], LAST)],
    ids=["loses", "one row", "few rows", "the same summary for half"],
)
def test_a_phrase_that_belongs_to_the_summaries_is_left_to_them(summaries: list[str], references: list[str]) -> None:
    predictions = Predictions(None, None, [[text] for text in references], summaries)
    run = Evidence(seed=0, rouge=PARAMS.rouge, predictions=predictions)
    assert finding("added_text", run).status == "pass"


@pytest.mark.parametrize("mark", ["\u200f", " </s>"])
def test_a_full_stop_before_an_invisible_mark_or_a_special_token_is_there(run: Evidence, mark: str) -> None:
    found = finding("one_sided", rewritten(run, lambda text: text + mark))
    assert "full stop" not in found.fault


def test_references_in_lower_case_make_nothing_fail(english: Evidence) -> None:
    changed = rewritten(english, references=str.lower)
    assert [result.fault for result in findings("texts", changed).values() if result.status == "failure"] == []


def untrained(run: Evidence, directory: Path) -> Evidence:
    """The run with a model that has learnt nothing, and its own summaries."""
    assert run.codec and run.splits and run.predictions
    torch.manual_seed(0)
    scratch = Scratch(family="bart", d_model=32, layers=1, attention_heads=2, ffn_dim=32, dropout=0.0)
    model = build_model(scratch, run.codec.encoding, len(run.codec.tokenizer))
    model.save_pretrained(directory)
    run.codec.save(directory)
    params = PARAMS.model_copy(update={"generation": PARAMS.generation.model_copy(update={"max_length": 12})})
    changed = Evidence(
        seed=0, rouge=run.rouge, predictions=run.predictions, splits=run.splits, codec=run.codec, params=params,
        checkpoint=directory,
    )  # fmt: skip
    return changed


def test_a_model_that_never_learnt_to_write_tags_is_no_post_processing(english: Evidence, tmp_path: Path) -> None:
    run = untrained(english, tmp_path)
    assert run.splits and run.predictions
    run.sample_size = len(run.splits["test"])
    run.predictions = replace(run.predictions, summaries=run.rewritten)
    assert finding("one_sided", run).status == "pass"


@pytest.mark.parametrize("shift", [-5, -2, -1, 1, 3])
def test_shifted_rows_are_named_with_the_shift_and_the_points(run: Evidence, shift: int) -> None:
    assert run.predictions
    summaries = run.predictions.summaries
    moved = [summaries[(row - shift) % len(summaries)] for row in range(len(summaries))]
    changed = with_predictions(run, replace(run.predictions, summaries=moved))
    assert failing_causes("metric", changed) == ["row_order"]
    found = finding("row_order", changed)
    rows = f"{abs(shift)} row{'s' * (abs(shift) > 1)}"
    assert f"are {rows} too {'low' if shift > 0 else 'high'}" in found.meaning
    assert found.points == pytest.approx(100 * float(run.scores.mean() - changed.scores.mean()), abs=3)


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (lambda texts: texts[::-1], "in reverse order"),
        (sorted, "sorted by their text"),
        (lambda texts: random.Random(1).sample(texts, len(texts)), "in another order"),
    ],
)
def test_rows_in_any_other_order_are_noticed(run: Evidence, order: Callable[[list[str]], list[str]], name: str) -> None:
    assert run.predictions
    moved = order(list(run.predictions.summaries))
    changed = with_predictions(run, replace(run.predictions, summaries=moved))
    found = finding("row_order", changed)
    assert found.status == "failure"
    assert name in found.meaning


def test_one_summary_for_all_is_a_symptom_and_no_wrong_pairing(run: Evidence) -> None:
    assert run.predictions
    same = [run.predictions.summaries[0]] * len(run.predictions.summaries)
    changed = with_predictions(run, replace(run.predictions, summaries=same))
    assert failing_causes("metric", changed) == []
    assert finding("scrambled_pairs", changed).status == "warning"


def test_predictions_of_validation_are_named(run: Evidence) -> None:
    assert run.splits
    validation = people([dialogue.record for dialogue in run.splits["validation"]])
    found = finding("predicted_dialogues", with_predictions(run, validation))
    assert found.status == "failure"
    assert found.figure == 0
    assert "those rows are validation's" in found.meaning


def test_references_of_validation_are_named(english: Evidence) -> None:
    validation = corpus("english")["validation"]
    assert english.predictions
    wrong = replace(english.predictions, references=[record.references for record in validation])
    found = finding("predicted_dialogues", with_predictions(english, wrong))
    assert found.status == "failure"
    assert "references that are not their dialogue's, those rows are validation's" in found.meaning


def test_missing_predictions_are_counted(english: Evidence) -> None:
    part = people(corpus("english")["test"][:30])
    found = finding("predicted_dialogues", with_predictions(english, part))
    assert "10 of 40 test dialogues have no prediction" in found.meaning


def test_a_reference_that_was_left_out_of_the_score_is_seen(english: Evidence) -> None:
    both = corpus("english")["test"]
    run = evidence(
        {**corpus("english"), "test": both}, replace(people(both), references=[row.references for row in both])
    )
    assert finding("predicted_dialogues", run).status == "pass"
    found = finding("predicted_dialogues", evidence(corpus("english"), people(both)))
    assert found.status == "warning"
    assert found.meaning == "predictions have 2 of their dialogues' 3 references"


def test_a_dialogue_that_test_holds_twice_is_not_missing() -> None:
    splits = corpus("english")
    splits["test"].append(replace(splits["test"][0], id="again"))
    assert finding("predicted_dialogues", evidence(splits)).status == "pass"


def test_characters_flatter_words(english: Evidence) -> None:
    assert english.predictions
    found = finding("other_tokenizers", with_predictions(english, english.predictions, tokenizer="characters"))
    assert found.status == "warning"
    assert found.points is not None and found.points < -5


def test_numbers_of_references_that_differ_are_a_warning_and_the_best_of_several_is_told(english: Evidence) -> None:
    assert english.predictions
    references = [*english.predictions.references[:-1], english.predictions.references[-1][:1]]
    uneven = with_predictions(english, replace(english.predictions, references=references))
    assert finding("reference_count", uneven).status == "warning"
    best = finding("reference_count", with_predictions(english, english.predictions, references="best"))
    assert best.status == "pass"
    assert "points more than their mean" in best.meaning


def test_summaries_and_references_alone_are_enough_for_the_metric(run: Evidence) -> None:
    assert run.predictions
    alone = Evidence(seed=0, rouge=run.rouge, predictions=replace(run.predictions, ids=None, dialogues=None))
    statuses = {name: result.status for name, result in findings("metric", alone).items()}
    assert statuses.pop("predicted_dialogues") == "not applicable"
    assert set(statuses.values()) == {"pass"}
