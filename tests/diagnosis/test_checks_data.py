"""The data's checks on the real corpora, and on what can go wrong with them."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from support.corpus_evidence import (
    COUNTS,
    Splits,
    corpus,
    evidence,
    failing_causes,
    finding,
    findings,
    one_topic,
    people,
    verdict_of,
)
from tokenizers import Regex
from tokenizers.normalizers import NFD, NFKD, Lowercase, Normalizer, Replace, Sequence, StripAccents
from transformers import ByT5Tokenizer

from beamline.core.params import Columns
from beamline.core.records import Dialogue
from beamline.data.splits import open_split
from beamline.data.two_sample import find_differences
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import belongs
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import encode_split
from beamline.models.encoding import Encoding

pytestmark = pytest.mark.slow

GERMAN = [
    "Guten Tag, was kann ich für Sie tun? Ich möchte einen Kaffee und ein Stück Kuchen. Das macht sieben Euro, bitte.",
    "Hallo, kannst du mir morgen beim Umzug helfen? Ja, um wie viel Uhr soll ich kommen? Am besten um neun.",
    "Wo ist hier der Bahnhof? Gehen Sie geradeaus und dann die zweite Straße links. Ist es weit? Nein, vielen Dank.",
    "Mein Fahrrad ist kaputt, können Sie es reparieren? Was ist denn passiert? Ich bin gestern mit dem Rad gestürzt.",
    "Hast du den Film gesehen? Nein, ich war zu müde. Schade, er war gut. Dann sehen wir ihn am Freitag zusammen an.",
    "Ich suche ein Geschenk für meine Mutter. Wie wäre es mit einem Buch? Das ist eine gute Idee, was kostet es?",
]


@pytest.fixture(params=["english", "korean"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def splits(language: str) -> Splits:
    return corpus(language)


def test_nothing_is_found_in_healthy_data(splits: Splits) -> None:
    found = {
        name: result.status for name, result in findings("data", evidence(splits)).items() if result.status != "pass"
    }
    assert found == {"repaired_dialogues": "not applicable"}  # it needs a model


@pytest.mark.parametrize("count", [8, 16])
def test_nothing_is_found_in_very_little_data(splits: Splits, count: int) -> None:
    run = evidence({split: dialogues[:count] for split, dialogues in splits.items()})
    assert {result.status for result in findings("data", run).values()} <= {"pass", "not applicable"}


def test_nothing_is_found_in_dialogsum(dialogsum: Path) -> None:
    names, columns = (
        {"train": "train", "validation": "dev", "test": "test"},
        Columns(id=None, dialogue=None, summary=None),
    )
    splits = {
        split: list(islice(open_split(dialogsum / f"{name}.jsonl", columns), 4 * COUNTS[split]))
        for split, name in names.items()
    }
    run = evidence(splits)
    assert failing_causes("data", run) == []
    assert failing_causes("metric", run) == []


def test_leaked_dialogues_are_the_only_cause_and_their_points_are_measured(splits: Splits) -> None:
    leaked = [replace(row, id=f"leaked-{row.id}", dialogue=f" {row.dialogue}\n", references=row.references[:1])
              for row in splits["test"][:10]]  # fmt: skip
    run = evidence({**splits, "train": splits["train"] + leaked})
    assert failing_causes("data", run) == ["test_in_train"]
    found = finding("test_in_train", run)
    assert found.meaning.startswith("10 of 40 test dialogues")
    assert found.points == pytest.approx(100 * float(run.scores[10:].mean() - run.scores.mean()))
    assert finding("test_nearly_in_train", run).figure == 0


def test_near_duplicates_of_test_dialogues_are_a_warning(splits: Splits) -> None:
    near = [replace(record, id=f"near-{record.id}", dialogue=f"Hm. {record.dialogue}", references=record.references[:1])
            for record in splits["test"][:10]]  # fmt: skip
    run = evidence({**splits, "train": splits["train"] + near})
    assert failing_causes("data", run) == []
    found = finding("test_nearly_in_train", run)
    assert (found.status, found.figure) == ("warning", 0.25)


def test_constant_references_are_the_only_cause(splits: Splits) -> None:
    text = splits["train"][0].references[0]
    constant = {
        split: [replace(record, references=(text,) * len(record.references)) for record in dialogues]
        for split, dialogues in splits.items()
    }
    run = evidence(constant)
    assert failing_causes("data", run) == ["constant_references"]
    assert failing_causes("metric", run) == []
    assert finding("alike_references", run).status == "failure"


def test_a_placeholder_in_a_part_of_train_is_named(splits: Splits) -> None:
    train = [replace(record, references=("No summary.",)) for record in splits["train"][:60]] + splits["train"][60:]
    run = evidence({**splits, "train": train})
    assert failing_causes("data", run) == ["constant_references"]
    assert "'No summary.'" in finding("constant_references", run).meaning


def test_the_beginning_of_longer_references_is_no_placeholder(splits: Splits) -> None:
    train = [replace(row, references=(row.references[0][:24],)) for row in splits["train"]]
    found = finding("constant_references", evidence({**splits, "train": train}))
    assert found.is_found
    assert found.fault == "Summaries of train are cut off"


def test_a_placeholder_among_second_references_is_named(splits: Splits) -> None:
    test = [replace(row, references=(row.references[0], "n/a", *row.references[1:])) for row in splits["test"]]
    run = evidence({**splits, "test": test})
    assert failing_causes("data", run) == ["constant_references"]
    assert "the same reference in place 2: 'n/a'" in finding("constant_references", run).meaning


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_third_of_swapped_summaries_is_a_suspect_and_estimated(splits: Splits, split: str) -> None:
    dialogues = splits[split]
    chosen = dialogues[::3]
    references = [record.references for record in [*chosen[1:], chosen[0]]]
    swapped = dict(zip([record.id for record in chosen], references, strict=True))
    changed = [replace(record, references=swapped.get(record.id, record.references)) for record in dialogues]
    run = evidence({**splits, split: changed})
    assert failing_causes("data", run) == []
    found = finding("mismatched_pairs", run)
    assert found.status == "failure"
    assert found.figure == pytest.approx(1 / 3, abs=0.2)
    assert f"of {split} " in found.meaning


def test_summaries_of_dialogues_that_were_cut_are_a_weaker_suspect_than_swapped_ones(splits: Splits) -> None:
    def first_turn(row: Dialogue) -> Dialogue:
        return replace(row, dialogue=row.dialogue.splitlines()[0])

    cut = [first_turn(row) for row in splits["test"]]
    found = findings("data", evidence({**splits, "test": cut}))
    pairs, form = found["mismatched_pairs"], found["dialogue_differences"]
    assert form.status == "failure"
    assert pairs.weight < form.weight
    assert (pairs.status, "their dialogues lack what they say" in pairs.meaning) == ("failure", True)


def test_a_feature_of_another_kind_that_divides_as_well_is_named_too(splits: Splits) -> None:
    marked = [replace(row, dialogue=f"{row.dialogue} [END]") for row in splits["test"]]
    meaning = finding("dialogue_differences", evidence({**splits, "test": marked})).meaning
    assert 'have "[END]"' in meaning
    assert 'end with "END ]"' in meaning or 'end with "]"' in meaning


def test_copies_of_dialogues_are_no_difference_in_form(splits: Splits) -> None:
    few = [replace(row, id=f"{row.id}-{copy}") for copy in range(8) for row in splits["test"][:10]]
    found = findings("data", evidence({**splits, "test": few}))
    assert found["dialogue_differences"].status == "pass"
    assert found["duplicates"].status == "failure"


def test_summaries_in_another_language_than_their_dialogues_are_not_called_swapped() -> None:
    english, korean = corpus("english")["train"], corpus("korean")["train"]
    judged = belongs([record.references[0] for record in korean], [record.dialogue for record in english])
    assert set(judged) == {None}


def test_dialogues_in_another_language_than_their_summaries_are_not_called_swapped(splits: Splits) -> None:
    other = corpus("korean" if splits["test"][0].dialogue.isascii() else "english")["test"]
    mixed = [
        replace(row, dialogue=another.dialogue) if number % 5 < 2 else row
        for number, (row, another) in enumerate(zip(splits["test"], other, strict=False))
    ]
    found = finding("mismatched_pairs", evidence({**splits, "test": mixed}))
    assert found.status == "pass", found.meaning


def test_another_language_is_a_difference_of_both_sides(language: str, splits: Splits) -> None:
    other = corpus("korean" if language == "english" else "english")
    run = evidence({**splits, "train": other["train"]})
    assert failing_causes("data", run) == []
    for what in ("dialogue", "reference"):
        found = finding(f"{what}_differences", run)
        assert found.status == "failure"
        assert f"100% of test {what}s have none of the words that most train {what}s have, 0%" in found.meaning


def test_another_language_in_the_same_letters_is_told_from_english() -> None:
    english = [record.dialogue for record in corpus("english")["train"]]
    [first, *_] = find_differences(GERMAN * 8, english, seed=0)
    assert (first.group, first.share, first.other) == ("languages", 1, 0)


def test_another_language_in_a_part_of_one_side_is_named_whichever_side_it_is() -> None:
    english = [record.dialogue for record in corpus("english")["train"]][:60]
    mixed = [*(GERMAN * 8)[:30], *english[:30]]
    for texts, others in ((english, mixed), (mixed, english)):
        [first, *_] = find_differences(texts, others, seed=0)
        assert first.group == "languages"
        assert sorted((round(first.share, 1), round(first.other, 1))) == [0.0, 0.5]


def test_a_training_set_of_one_topic_is_a_suspect(language: str, splits: Splits) -> None:
    run = evidence({**splits, "train": one_topic(language)})
    assert failing_causes("data", run) == []
    assert finding("missing_topics", run).status == "failure"


def test_sources_cut_to_a_fraction_are_a_suspect_because_nobody_knows_what_that_costs(splits: Splits) -> None:
    run = evidence(splits, max_source_tokens=32)
    assert failing_causes("data", run) == []
    assert finding("cut_sources", run).status == "failure"
    assert finding("cut_sources", run).meaning.startswith("100% of dialogues are cut")


@pytest.mark.parametrize("overflow", ["start", "middle"])
def test_what_is_left_of_a_cut_source_is_what_overflow_leaves(splits: Splits, overflow: str) -> None:
    """What comes after a dialogue costs nothing if the end is cut, and pushes the dialogue out if the start is cut."""
    longer = {
        split: [replace(record, dialogue=record.dialogue + "\n#Person1#: Hm." * 60) for record in dialogues]
        for split, dialogues in splits.items()
    }
    assert finding("cut_sources", evidence(longer, max_source_tokens=250)).status == "pass"
    assert finding("cut_sources", evidence(longer, max_source_tokens=250, overflow=overflow)).status != "pass"


def test_sources_that_lose_nothing_that_summaries_tell_are_no_warning(splits: Splits) -> None:
    longer = {
        split: [replace(record, dialogue=record.dialogue + "\n#Person1#: Hm." * 40) for record in dialogues]
        for split, dialogues in splits.items()
    }
    run = evidence(longer, max_source_tokens=250)
    found = finding("cut_sources", run)
    assert found.status == "pass"
    assert not found.meaning.startswith("0% of dialogues are cut")


def test_targets_cut_to_eight_tokens_are_the_only_cause_and_leave_a_ceiling(splits: Splits) -> None:
    run = evidence(splits, max_target_tokens=8)
    assert failing_causes("data", run) == ["cut_targets"]
    found = finding("cut_targets", run)
    assert found.ceiling is not None and 5 < found.ceiling < 70
    assert found.points is None, "a ceiling is no gain"


def test_training_summaries_that_are_cut_since_something_made_them_long_are_only_a_suspect(splits: Splits) -> None:
    longer = [
        replace(record, references=tuple(f"{text} " * 3 for text in record.references)) for record in splits["train"]
    ]
    run = evidence({**splits, "train": longer}, max_target_tokens=60)
    assert failing_causes("data", run) == ["cut_targets"]
    found = verdict_of("data", run)
    assert (found.cause, found.suspect) == ("unknown", "reference_differences")


def test_references_of_test_that_are_cut_cost_nothing_because_nobody_learns_from_them(splits: Splits) -> None:
    longer = [replace(record, references=tuple(text * 20 for text in record.references)) for record in splits["test"]]
    assert finding("cut_targets", evidence({**splits, "test": longer})).status == "pass"


def test_labels_without_an_end_are_not_called_cut(splits: Splits) -> None:
    run = evidence(splits)
    assert run.splits
    run.splits = {
        split: [replace(dialogue, labels=[row[:-1] for row in dialogue.labels]) for dialogue in dialogues]
        for split, dialogues in run.splits.items()
    }
    assert failing_causes("data", run) == []


def test_empty_targets_are_counted_by_split(splits: Splits) -> None:
    run = evidence(splits)
    assert run.splits and run.codec
    nothing = [run.codec.encoding.eos_token_id]
    train = [replace(dialogue, labels=[nothing]) for dialogue in run.splits["train"][:5]]
    run.splits = {**run.splits, "train": [*train, *run.splits["train"][5:]]}
    found = finding("empty_labels", run)
    assert found.status == "failure"
    assert "5 in train" in found.meaning


def test_words_that_the_tokenizer_does_not_know_are_counted_and_do_not_come_back(splits: Splits) -> None:
    run = with_vocabulary_of(["the", "a", "of"], evidence(splits))
    assert failing_causes("data", run) == ["unknown_tokens", "tokenizer_round_trip"]


def test_words_that_only_test_has_are_a_difference_before_they_are_unknown_tokens(splits: Splits) -> None:
    """Test from the other corpus: the tokenizer learned no letter of it."""
    other = corpus("korean" if splits == corpus("english") else "english")
    train = [record for split in ("train", "validation") for record in splits[split]]
    letters = sorted({letter for record in train for text in (record.dialogue, *record.references) for letter in text})
    run = with_vocabulary_of(letters, evidence({**splits, "test": other["test"]}))
    assert "unknown_tokens" in failing_causes("data", run)
    found = verdict_of("data", run)
    assert "unknown_tokens" not in [cause.check.name for cause in found.causes]
    assert found.suspect == "dialogue_differences"


def with_vocabulary_of(known: list[str], run: Evidence) -> Evidence:
    """The same run with a tokenizer that knows these words and the speaker tags, every other word is unknown."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>", "<unk>"]
    words = [*special, "#Person1#", "#Person2#", *known]
    backend = Tokenizer(models.WordLevel({word: token for token, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    codec = TextCodec(tokenizer, Encoding(512, 128, "", 0, 2, 1, None, ()))
    assert run.splits
    splits = {split: encode_split([dialogue.record for dialogue in rows], codec) for split, rows in run.splits.items()}
    return Evidence(seed=0, rouge=run.rouge, predictions=run.predictions, splits=splits, codec=codec)


def test_a_repeated_training_dialogue_is_no_other_topic(splits: Splits) -> None:
    repeated: list[Dialogue] = [
        replace(record, id=f"{record.id}-{copy}") for record in splits["train"] for copy in range(3)
    ]
    assert finding("missing_topics", evidence({**splits, "train": repeated})).status == "pass"


def test_swapped_columns_are_a_suspect_with_their_split(splits: Splits) -> None:
    swapped = [
        replace(record, dialogue=record.references[0], references=(record.dialogue,)) for record in splits["train"]
    ]
    found = finding("swapped_columns", evidence({**splits, "train": swapped}))
    assert found.status == "failure"
    assert "dialogues of train are shorter than their summaries" in found.meaning


@pytest.mark.parametrize("swapped", [("train",), ("train", "validation", "test")], ids=str)
def test_swapped_dialogues_on_one_line_are_called_swapped(swapped: tuple[str, ...], splits: Splits) -> None:
    changed = {
        split: [
            replace(row, dialogue=row.references[0], references=(row.dialogue.replace("\n", " "),))
            if split in swapped
            else replace(row, dialogue=row.dialogue.replace("\n", " "))
            for row in rows
        ]
        for split, rows in splits.items()
    }
    found = finding("swapped_columns", evidence(changed, people(splits["test"])))
    assert (found.status, found.fault) == ("failure", "")


def test_repeated_summaries_are_not_called_swapped(splits: Splits) -> None:
    train = [replace(row, references=(" ".join([row.references[0]] * 20),)) for row in splits["train"]]
    found = finding("swapped_columns", evidence({**splits, "train": train}))
    assert found.fault == "Dialogues of train are shorter than their summaries"


def test_dialogues_that_lost_their_turns_are_not_called_swapped(splits: Splits) -> None:
    last = [replace(record, dialogue=record.dialogue.splitlines()[-1]) for record in splits["train"]]
    run = evidence({**splits, "train": last})
    assert finding("swapped_columns", run).fault == "Dialogues of train are shorter than their summaries"
    assert verdict_of("data", run).suspect == "dialogue_differences"


def test_validation_that_was_copied_from_train_is_a_cause(splits: Splits) -> None:
    run = evidence({**splits, "validation": splits["train"][: len(splits["validation"])]})
    assert failing_causes("data", run) == ["validation_in_train"]


def test_dialogues_that_lost_what_tells_them_apart_are_no_leakage(splits: Splits) -> None:
    def keep_greeting(record: Dialogue) -> Dialogue:
        return replace(record, dialogue=f"#Person1#: Hello, this is shop {len(record.dialogue) % 30}.")

    run = evidence({name: [keep_greeting(record) for record in rows] for name, rows in splits.items()})
    for name in ("test_in_train", "validation_in_train", "test_in_validation"):
        assert (finding(name, run).status, finding(name, run).is_found) == ("warning", True), name
    assert finding("alike_dialogues", run).status == "failure"


def test_copies_are_leakage_though_some_dialogues_are_alike(splits: Splits) -> None:
    some = splits["train"][: len(splits["train"]) // 16]
    alike = [replace(record, id=f"alike-{record.id}", references=("Something else.",)) for record in some]
    train = [*splits["train"], *alike, *(replace(row, id=f"leaked-{row.id}") for row in splits["test"][:20])]
    run = evidence({**splits, "train": train})
    assert "test_in_train" in failing_causes("data", run)
    assert finding("alike_dialogues", run).status == "warning"


@pytest.mark.parametrize(("copies", "status"), [(1, "pass"), (5, "warning"), (40, "failure")])
def test_dialogues_that_a_split_has_again_are_counted(splits: Splits, copies: int, status: str) -> None:
    again = [replace(record, id=f"again-{record.id}") for record in splits["train"][:copies]]
    assert finding("duplicates", evidence({**splits, "train": [*splits["train"], *again]})).status == status


@pytest.mark.parametrize(
    ("language", "normalizer", "change"),
    [
        ("korean", NFKD(), "Unicode form"),
        ("english", Lowercase(), "letter case"),
        ("korean", Replace("\u200c", " "), "invisible characters"),
        ("english", Sequence([NFD(), StripAccents()]), "accents and other marks"),
    ],
)
def test_what_a_tokenizer_changes_is_named(language: str, normalizer: Normalizer, change: str) -> None:
    changed = {
        split: [replace(row, references=(row.references[0].replace("a", "á") + "\u200c는",)) for row in dialogues]
        for split, dialogues in corpus(language).items()
    }
    run = evidence(changed)
    assert run.codec is not None
    run.codec.tokenizer.backend_tokenizer.normalizer = normalizer
    assert f"mostly in {change}" in finding("tokenizer_round_trip", run).meaning


@pytest.mark.parametrize("normalizer", [Replace(Regex(r"(?<=\w)(?=\w)"), " "), NFD()])
def test_a_tokenizer_that_takes_words_apart_is_a_suspect_before_what_is_cut(
    language: str, normalizer: Normalizer
) -> None:
    """Letters with spaces between them in English, Korean syllables as their parts: each takes several tokens."""
    run = evidence(corpus(language))
    assert run.codec is not None
    run.codec.tokenizer.backend_tokenizer.normalizer = normalizer
    found = finding("tokenizer_fertility", run)
    apart = (language == "korean") == isinstance(normalizer, NFD)
    assert found.status == ("failure" if apart else "pass")


def test_summaries_that_are_cut_because_syllables_are_taken_apart_are_no_cause() -> None:
    splits = corpus("korean")
    run = evidence(splits)
    assert run.codec is not None
    run.codec.tokenizer.backend_tokenizer.normalizer = NFD()
    run.codec.encoding = replace(run.codec.encoding, max_target_tokens=24)
    run.splits = {split: encode_split(records, run.codec) for split, records in splits.items()}
    assert "cut_targets" in failing_causes("data", run)
    verdict = verdict_of("data", run)
    assert "cut_targets" not in [cause.check.name for cause in verdict.causes]
    names = [suspect.name for suspect in verdict.suspects]
    assert names.index("tokenizer_fertility") < names.index("cut_targets")


def test_a_tokenizer_of_single_bytes_is_no_suspect(splits: Splits) -> None:
    run = evidence(splits)
    run.codec = TextCodec(ByT5Tokenizer(), Encoding(4096, 1024, "", 0, 1, 0, None, ()))
    assert finding("tokenizer_fertility", run).status == "pass"


def test_what_a_tokenizer_loses_is_not_called_cut(splits: Splits) -> None:
    run = evidence(splits)
    assert run.splits and run.codec
    run.codec.tokenizer.backend_tokenizer.normalizer = Replace(Regex("[aeiou는을가]"), "")
    records = {split: [dialogue.record for dialogue in rows] for split, rows in run.splits.items()}
    run.splits = {split: encode_split(rows, run.codec) for split, rows in records.items()}
    cut = finding("cut_targets", run)
    assert cut.status == "pass", cut.meaning
    assert finding("tokenizer_round_trip", run).status == "failure"


def test_augmented_copies_of_dialogues_are_near_duplicates(splits: Splits) -> None:
    """Copies with a greeting of their own before them, which differ from each other."""
    greetings = ("Hello there.", "Good evening to you!", "안녕하세요?", "One moment, please.")
    copies = [
        replace(row, id=f"{row.id}-{number}", dialogue=f"#Person2#: {greeting}\n{row.dialogue}")
        for row in splits["train"][:60]
        for number, greeting in enumerate(greetings)
    ]
    found = finding("duplicates", evidence({**splits, "train": copies}))
    assert found.status == "failure"
    assert "with a few words changed" in found.meaning


def test_second_references_of_other_dialogues_are_a_suspect(splits: Splits) -> None:
    test = splits["test"]
    moved = [row.references[-1] for row in [*test[5:], *test[:5]]]
    changed = [
        replace(row, references=(row.references[0], other, *row.references[2:]))
        for row, other in zip(test, moved, strict=True)
    ]
    run = evidence({**splits, "test": changed}, people(test))
    assert "references of test in place 2 belong to other dialogues" in finding("mismatched_pairs", run).meaning
