"""Which speakers become tokens, and what these tokens do to texts."""

import dataclasses
import json
from pathlib import Path

import pytest
from support.checkpoints import ENGLISH, FAMILIES, KOREAN
from support.repository import ROOT, set_params

from beamline import prepare
from beamline.core.errors import BeamlineError
from beamline.core.params import read_params
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.tags import choose_tags
from beamline.models.checkpoint import Checkpoint, fingerprint

MODEL = read_params(ROOT / "params.yaml").model
PARAMS = read_params(ROOT / "params.yaml").tokenizer
DIALOGUES = [
    "#Person1#: I live at #Address#.\n#PErson2#: Where is #Person7#?",
    "Ana: look at #summer1#beach\nDr. Ruiz: nice #love#\nAna: Bye.",
    "[nurse] hello .\n[guest] hi .",
]
NAMES = ["[nurse]", "ana", "dr. ruiz", "민수", "#Person1#"]


def test_auto_takes_tags_that_begin_turns_and_all_takes_names_too() -> None:
    assert choose_tags(DIALOGUES, "none") == []
    assert choose_tags(DIALOGUES, "auto") == ["#PErson2#", "#Person1#"]
    assert choose_tags(DIALOGUES, "all") == ["#PErson2#", "#Person1#", "Ana", "Dr. Ruiz", "[guest]", "[nurse]"]


@pytest.mark.parametrize("kind", ["built", *(name for name in FAMILIES if name != "marian")])
def test_names_are_tokens_and_texts_come_back(kind: str, tmp_path: Path) -> None:
    if kind == "built":
        texts = [text for pair in ENGLISH + KOREAN for text in pair]
        codec = build_codec(PARAMS.model_copy(update={"vocabulary_size": 600}), texts, NAMES)
    else:
        codec = load_small(kind, tmp_path, NAMES)
    codec.save(tmp_path / "saved")
    codec = TextCodec.load(tmp_path / "saved")
    expected = {
        "ana, dr. ruiz and [nurse] paint the fence.": ["ana", "dr. ruiz", "[nurse]"],
        "banana of analysis, ana": ["ana"],
        "민수는 #Person1#에게 새 국을 권한다.": ["민수", "#Person1#"],
        "개는 민수를 축하한다.": ["민수"],
    }
    for text, names in expected.items():
        [row] = codec.encode_summaries([text])
        assert [token for token in codec.tokenizer.convert_ids_to_tokens(row) if token in NAMES] == names, text
        assert codec.decode([row]) == [text]


def test_a_tokenizer_in_python_code_refuses_names(tmp_path: Path) -> None:
    assert load_small("marian", tmp_path, ["#Person1#"]).encoding.new_tokens
    with pytest.raises(BeamlineError, match=r"tokenizer\.speaker_tokens: all, .* 'ana' is in; set it to auto$"):
        load_small("marian", tmp_path, ["#Person1#", "ana"])


def test_a_vocabulary_that_is_too_small_for_its_tags_is_refused() -> None:
    tags = [f"#Person{number}#" for number in range(60)]
    small = PARAMS.model_copy(update={"vocabulary_size": 310})
    with pytest.raises(BeamlineError) as refused:
        build_codec(small, ["a b"], tags)
    assert str(refused.value) == (
        "tokenizer.vocabulary_size: 310 is too small for 60 speakers beside 260 bytes and special tokens;"
        " set it to 320 or more, or tokenizer.speaker_tokens: none"
    )
    assert len(build_codec(small, ["a b"], tags[:50]).tokenizer) == 310


def test_hashtags_add_nothing_to_the_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for split in ("train", "validation", "test"):
        rows = [
            {"dialogue": f"Ana: {split} #sun{n}#sea\nBen: nice #sky{n}#, at #Place#", "summary": f"Ana shows #sun{n}#."}
            for n in range(60)
        ]
        (tmp_path / "data" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(tmp_path / "params.yaml", {"data.path": "data", "tokenizer.vocabulary_size": 300})
    prepare.main()
    found = json.loads((tmp_path / "data/prepared/statistics.json").read_text(encoding="utf-8"))
    assert found["vocabulary"] == 300
    assert found["speakers"] == {"distinct": 2, "turns": {"Ana": 180, "Ben": 180}, "unseen_in_train": 0}
    assert found["speaker_tags"]["counts"] == {}
    assert found["other_tags"]["distinct"] == 121
    assert next(iter(found["other_tags"]["counts"].items())) == ("#Place#", 180)

    set_params(tmp_path / "params.yaml", {"tokenizer.speaker_tokens": "all"})
    prepare.main()
    codec = TextCodec.load(tmp_path / "data/prepared/tokenizer")
    assert {"Ana", "Ben"} <= codec.tokenizer.get_added_vocab().keys()
    assert len(codec.tokenizer) <= 300  # names that were learned from the text as well take no second place


def load_small(kind: str, directory: Path, tags: list[str]) -> TextCodec:
    path = directory / kind
    if not path.exists():
        dataclasses.replace(FAMILIES[kind], texts=ENGLISH + KOREAN).save(path)
    settings = {"language": FAMILIES[kind].language, "max_source_tokens": 64, "max_target_tokens": 64}
    checkpoint = Checkpoint(str(path), fingerprint(path))
    return load_codec(PARAMS.model_copy(update=settings), MODEL, checkpoint, tags)
