import numpy as np
import pytest

from beamline.core.records import Predictions
from beamline.metrics.support import WordSplitter
from beamline.metrics.tokenizers import build_tokenizer
from beamline.pages.html.dialogues import Summaries, dialogue_data, split_turns

ENGLISH = WordSplitter(build_tokenizer("english", stemmer=True))
DIALOGUE = "#Person1#: Is the blue kettle broken?\n#Person2#: Yes, since Monday. It leaks.\n#Person1#: Buy another one."


def data(*summaries: str, dialogue: str | None = DIALOGUE, references: tuple[str, ...] = ("The kettle leaks.",)):
    count = len(summaries)
    predictions = Predictions(
        ids=None,
        dialogues=None if dialogue is None else [dialogue] * count,
        references=[references] * count,
        summaries=summaries,
    )
    scores = {"rouge_f": np.linspace(0.1, 0.2, count), "chrf": np.full(count, np.nan)}
    return dialogue_data([Summaries(predictions, scores)], ["rouge_f", "chrf"], "rouge_f", ENGLISH)["dialogues"]


def test_turns_are_lines_with_the_speaker_that_they_begin_with() -> None:
    text = "#Person1#:At 7:30?\n\nDr. Lee: Yes: sharp.\nNote: bring a coat\n(a door closes)\nDr. Lee: Bye.\n: no one"
    assert split_turns(text) == [
        ("#Person1#", "At 7:30?"),
        ("Dr. Lee", "Yes: sharp."),
        ("", "Note: bring a coat"),
        ("", "(a door closes)"),
        ("Dr. Lee", "Bye."),
        ("", ": no one"),
    ]
    assert split_turns("小明：你好\n小红：你好") == [("小明", "你好"), ("小红", "你好")]
    assert split_turns("[doctor] How ?\n[doctor] So .") == [("[doctor]", "How ?"), ("[doctor]", "So .")]


def test_words_are_marked_by_who_has_them() -> None:
    [record] = data("The blue kettle leaks gas.")
    [sentence] = record["summaries"][0]["sentences"]
    assert sentence["pieces"] == [
        ["The", "r"], [" ", ""], ["blue", "d"], [" ", ""], ["kettle leaks", "r"], [" ", ""], ["gas", "n"], [".", ""],
    ]  # fmt: skip


def test_a_sentence_names_the_turns_that_it_takes_most_from() -> None:
    [record] = data("It leaks since Monday. #Person1# wants another one. Zebras.")
    assert [sentence["turns"] for sentence in record["summaries"][0]["sentences"]] == [[1], [2], []]


@pytest.mark.parametrize("summary", ["", "One.  Two!\nThree", "  spaces  ", "Ms. Dawson left. Ms. Dawson came."])
def test_the_sentences_of_a_summary_are_the_summary(summary: str) -> None:
    [record] = data(summary)
    pieces = [text for sentence in record["summaries"][0]["sentences"] for text, _ in sentence["pieces"]]
    assert "".join(pieces) == summary


def test_a_sentence_that_the_one_before_ends_with_is_found_after_it() -> None:
    [record] = data("Tom says yes. yes.")
    texts = ["".join(text for text, _ in one["pieces"]) for one in record["summaries"][0]["sentences"]]
    assert texts == ["Tom says yes. ", "yes."]


def test_findings_are_those_of_the_dialogue_and_none_without_one() -> None:
    [record] = data("Anna buys two kettles.")
    assert record["summaries"][0]["findings"] == ["Anna", "two"]
    [record] = data("Anna buys two kettles.", dialogue=None)
    assert (record["turns"], record["summaries"][0]["findings"]) == ([], [])


def test_what_repeats_itself_or_is_longest_is_most_unusual() -> None:
    records = data("The kettle leaks.", "The kettle is broken.", "Buy a kettle.", " ".join(["kettle"] * 30))
    unusual = [record["unusual"] for record in records]
    assert unusual.index(max(unusual)) == 3


def test_an_undefined_score_is_null_and_rows_without_ids_are_numbered() -> None:
    first, second = data("The kettle leaks.", "No.")
    assert (first["id"], second["id"]) == ("1", "2")
    assert second["summaries"][0]["scores"] == [0.2, None]
