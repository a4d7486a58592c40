"""Signatures: what is in them, how older ones are read, and which fields make two sets of scores comparable."""

import pytest

from beamline import __version__
from beamline.comparison.scoring import DEFAULTS
from beamline.metrics import METRICS, SCORING_VERSION, SETTINGS, Corpus, Scorer, fields_to_compare, read_signature
from beamline.metrics.signature import write_signature
from beamline.metrics.tokenizers import korean_is_installed

OLD = (
    "rouge-score:0.1.2|beamline:0.1.0|tok:english|stem:yes|refs:3|multi:mean|sents:punctuation|n:200|bs:10000|seed:42"
    "|nltk:3.10.4|backend:transformers"
)


def sign(
    references, *, tokenizer="auto", stemmer=True, multi="mean", minimum=0.9, seed=42, headline="rouge_f", **extra
):
    rouge = DEFAULTS.model_copy(
        update={"tokenizer": tokenizer, "stemmer": stemmer, "references": multi, "minimum_coverage": minimum}
    )
    return Scorer(rouge, references, seed=seed, headline=headline).signature(**extra)


def test_signature_holds_what_changes_a_score_and_nothing_else():
    three = [["a b", "c", "d e"]] * 2
    common = f"scoring:{SCORING_VERSION}|headline:rouge_f"
    corpus = Corpus(DEFAULTS, three)
    own = write_signature(
        {name: text for metric in METRICS.values() for name, text in metric(corpus).signature().items()}
    )
    assert own.startswith("rouge-score:0.1.2|sents:both|punct:drop|chrf:c6+w0+b2+v2.6.0")
    signature = sign(three, backend="transformers")
    assert signature.startswith(f"{common}|tok:english|stem:yes|refs:3|multi:mean|n:2|bs:10000|seed:42|nltk:")
    assert signature.endswith(f"|{own}|backend:transformers")
    unstemmed = f"{common}|tok:english|stem:no|refs:3|multi:best|n:2|bs:10000|seed:0|{own}"
    assert sign(three, stemmer=False, multi="best", seed=0) == unstemmed
    # One reference, so that mean and best are the same; the stemmer touches no Russian.
    [signature] = {
        sign([["да"]], stemmer=stemmer, multi=multi, tokenizer=tokenizer, minimum=minimum)
        for stemmer in (True, False)
        for multi in ("mean", "best")
        for tokenizer in ("auto", "words")
        for minimum in (0.5, 0.9)
    }
    assert signature.startswith(f"{common}|tok:words|stem:no|refs:1|multi:none|n:1|bs:10000|seed:42|regex:")
    assert "|unicode:" in signature
    assert "|refs:1-2|" in sign([["a"], ["b", "c"]])
    assert "|headline:chrf|" in sign(three, headline="chrf")


def test_what_is_no_setting_is_a_version():
    fields = read_signature(sign([["a b"]], backend="transformers"))
    assert {*fields} - SETTINGS == {"scoring", "rouge-score", "nltk", "chrf"}


def test_release_of_beamline_is_not_in_the_signature():
    assert "beamline" not in read_signature(sign([["a b"]]))
    assert __version__ not in read_signature(sign([["a b"]])).values()


@pytest.mark.skipif(not korean_is_installed(), reason="kiwipiepy isn't installed")
def test_signature_names_the_korean_dictionary():
    signature = sign([["병원에 갔다."]])
    assert "|tok:korean|stem:no|" in signature
    assert "|kiwipiepy:" in signature
    assert "|kiwipiepy_model:" in signature


def test_signature_from_before_scoring_versions_is_that_of_version_1():
    fields = read_signature(OLD)
    assert "beamline" not in fields
    assert "chrf" not in fields
    assert (fields["scoring"], fields["headline"], fields["seed"]) == ("1", "rouge_f", "42")
    assert (fields["sents"], fields["punct"]) == ("both", "drop"), "as version 1 always did"
    assert read_signature("") == {}


def test_a_metric_that_one_side_lacks_is_not_compared():
    old = read_signature(OLD)
    new = read_signature(sign([["a b", "c", "d e"]] * 200, backend="transformers")) | {"scoring": "1"}
    later = {name for metric in METRICS.values() for name in metric.signature_fields} - set(old)
    assert set(new) - set(old) == later >= {"chrf"}
    assert [name for name in fields_to_compare(old, new) if old.get(name) != new.get(name)] == []
    assert "chrf" in fields_to_compare(new, new)
    # A field that no metric has alone is compared even if one side lacks it.
    assert "nltk" in fields_to_compare({**old}, {name: value for name, value in new.items() if name != "nltk"})
    assert "rouge-score" in fields_to_compare(old, {**new, "rouge-score": "0.1.1"})


def test_punctuation_and_sentences_are_in_the_signature_where_they_have_an_effect():
    def fields(tokenizer, **changes):
        rouge = DEFAULTS.model_copy(update={"tokenizer": tokenizer, **changes})
        return read_signature(Scorer(rouge, [["a b"]], seed=42).signature())

    assert fields("words", punctuation="keep")["punct"] == fields("characters", punctuation="keep")["punct"] == "keep"
    assert fields("english", punctuation="keep")["punct"] == "drop", "rouge-score's own drops it in any case"
    assert fields("english", sentences="newlines")["sents"] == "newlines"
