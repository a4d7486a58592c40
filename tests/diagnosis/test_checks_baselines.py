"""Baselines: what they write, and what a model is told that doesn't beat them."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from support.corpus_evidence import corpus, evidence
from support.small_run import find

from beamline.core.records import Predictions
from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.checks.baselines import gap_to_baselines
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.trivial_summaries import (
    first_utterances,
    longest_utterance,
    nearest_summaries,
    random_summaries,
    typical_summary,
)

NAMES = [check.name for check in CATALOGUE if check.family == "baselines"]
DIALOGUE = "#Person1#: Hello.\n\n#Person2#: I lost my new umbrella.\n#Person1#: Oh no.\n#Person2#: On the bus."


@pytest.fixture(scope="module", params=["english", "korean"])
def people(request: pytest.FixtureRequest) -> Evidence:
    """Summaries that people wrote, on a small corpus."""
    return evidence(corpus(request.param))


def with_summaries(run: Evidence, summaries: list[str]) -> Evidence:
    assert run.predictions is not None
    return dataclasses.replace(run, predictions=dataclasses.replace(run.predictions, summaries=summaries))


def statuses(run: Evidence) -> dict[str, Status]:
    return {name: find(run, name).status for name in NAMES}


def test_extracts_are_utterances_with_their_speakers() -> None:
    assert first_utterances(DIALOGUE, 1) == "#Person1#: Hello."
    assert first_utterances(DIALOGUE, 3) == "#Person1#: Hello.\n#Person2#: I lost my new umbrella.\n#Person1#: Oh no."
    assert longest_utterance(DIALOGUE) == "#Person2#: I lost my new umbrella."
    assert (first_utterances("", 3), longest_utterance("")) == ("", "")


def test_the_typical_summary_is_most_like_the_others() -> None:
    summaries = ["A cat sleeps.", "She buys a red car.", "She buys a red cart.", "He buys a red car.", "Rain."]
    assert typical_summary(summaries) == "She buys a red car."


@pytest.mark.parametrize(
    ("dialogues", "asked"),
    [
        (["Where is the station?", "Two coffees, please."], "One coffee, please."),
        (["역이 어디에 있나요?", "커피 두 잔 주세요."], "커피를 한 잔 주세요."),
        (["车站在哪里？", "请给我两杯咖啡。"], "请给我一杯咖啡。"),
    ],
)
def test_the_nearest_neighbour_is_found_in_any_script(dialogues: list[str], asked: str) -> None:
    assert nearest_summaries(dialogues, ["station", "coffee"], [asked]) == ["coffee"]


def test_nearest_neighbours_agree_with_a_plain_computation() -> None:
    dialogues = [record.dialogue for record in corpus("english")["train"]]
    others = [record.dialogue for record in corpus("english")["test"][:10]]

    def counts(text: str) -> Counter[str]:
        padded = f" {text.casefold()}  "
        return Counter(padded[start : start + 3] for start in range(len(padded) - 2))

    known = [counts(text) for text in dialogues]
    occurs = Counter(word for row in known for word in row)

    def vector(row: Counter[str]) -> dict[str, float]:
        weights = {
            word: (1 + np.log(count)) * np.log((1 + len(known)) / (1 + occurs[word])) for word, count in row.items()
        }
        length = np.sqrt(sum(weight**2 for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()}

    vectors = [vector(row) for row in known]
    nearest = []
    for text in others:
        own = vector(counts(text))
        nearest.append(int(np.argmax([sum(own[word] * row.get(word, 0) for word in own) for row in vectors])))
    names = [str(index) for index in range(len(dialogues))]
    assert nearest_summaries(dialogues, names, others) == [str(index) for index in nearest]


def test_random_summaries_are_drawn_by_the_seed() -> None:
    summaries = [str(index) for index in range(100)]
    assert (
        random_summaries(summaries, 20, 0) == random_summaries(summaries, 20, 0) != random_summaries(summaries, 20, 1)
    )


def test_people_beat_every_baseline(people: Evidence) -> None:
    assert set(statuses(people).values()) == {Status.PASS}
    assert gap_to_baselines(people).startswith("rouge_f ")
    assert "nearest neighbour's summary" in gap_to_baselines(people)


def test_a_model_that_copies_one_summary_has_learnt_nothing(people: Evidence) -> None:
    assert people.splits is not None and people.predictions is not None
    typical = typical_summary([dialogue.record.references[0] for dialogue in people.splits["train"]])
    found = statuses(with_summaries(people, [typical] * len(people.predictions.summaries)))
    assert found == {"uninformed_baselines": Status.FAILURE, "informed_baselines": Status.WARNING}


def test_a_model_that_copies_an_opening_is_no_better_than_it(people: Evidence) -> None:
    assert people.predictions is not None and people.predictions.dialogues is not None
    copied = [first_utterances(dialogue, 1) for dialogue in people.predictions.dialogues]
    finding = find(with_summaries(people, copied), "informed_baselines")
    assert finding.status is Status.WARNING
    assert finding.figure is not None and finding.figure <= 0


def test_a_model_is_better_or_worse_than_a_baseline(people: Evidence) -> None:
    assert people.predictions is not None
    assert " points better than the " in find(people, "informed_baselines").meaning
    empty = with_summaries(people, [""] * len(people.predictions.summaries))
    assert " points worse than the " in find(empty, "informed_baselines").meaning


def test_without_a_training_set_only_extracts_are_compared(people: Evidence) -> None:
    found = statuses(dataclasses.replace(people, splits=None))
    assert [name for name, status in found.items() if status is not Status.NOT_APPLICABLE] == ["informed_baselines"]


def test_without_dialogues_there_is_nothing_to_compare_with() -> None:
    predictions = Predictions(None, None, [["a b c"], ["d e f"]], ["a b c", "d e f"])
    run = Evidence(seed=0, rouge=evidence(corpus("english")).rouge, predictions=predictions)
    assert set(statuses(run).values()) == {Status.NOT_APPLICABLE}
    assert gap_to_baselines(run) == ""
