"""The text codec with every kind of tokenizer: limits, prefixes, languages, and what comes back from token ids."""

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import ENGLISH, FAMILIES, KOREAN
from support.repository import ROOT
from transformers import AutoTokenizer

from beamline.core.errors import BeamlineError
from beamline.core.params import TokenizerParams, read_params
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.truncation import Overflow, count_shared

TAGS = ["#Person1#", "#Person2#"]
PARAMS = read_params(ROOT / "params.yaml")
# Lower case, because one of the tokenizers writes nothing else.
REFERENCES = [
    "the waiter shows #Person1# the kitchen.",
    "#Person2# forgot the roses.",
    "the soup is for #Person1#.",
    "#Person1#, #Person2# and a waiter paint the fence.",
    "will the printer be called by #Person2#?",
    "#Person1#은 피자를, #Person2#는 국을 원한다.",
    "종업원 #Person2#는 #Person1#에게 새 국을 권한다.",
    "우산을 #Person2#가 잊었다.",
    "생일 선물을 받는 사람은 #Person2#이다.",
    "#Person1#과 #Person2#의 개.",
    "개는 #Person1#을 축하한다.",
]


@pytest.fixture(scope="module", params=["built", *FAMILIES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of every family, its tokenizer learnt from English and Korean."""
    directory = tmp_path_factory.mktemp("checkpoints")
    for name, family in FAMILIES.items():
        dataclasses.replace(family, texts=ENGLISH + KOREAN).save(directory / name)
    return directory


@pytest.fixture(scope="module")
def codec(kind: str, checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> TextCodec:
    """Saved and loaded again, as the later stages see it."""
    directory = tmp_path_factory.mktemp(kind)
    load(kind, checkpoints, TAGS).save(directory)
    return TextCodec.load(directory)


def load(kind: str, checkpoints: Path, tags: list[str], **changes: Any) -> TextCodec:
    limits = {"max_source_tokens": 24, "max_target_tokens": 12}
    if kind == "built":
        texts = [text for pair in ENGLISH + KOREAN for text in pair]
        return build_codec(params(**{"vocabulary_size": 600, **limits, **changes}), texts, tags)
    settings = params(**{**limits, "language": FAMILIES[kind].language, **changes})
    return load_codec(settings, PARAMS.model, pinned(checkpoints / kind), tags)


def pinned(directory: Path) -> Checkpoint:
    return Checkpoint(str(directory), fingerprint(directory))


def params(**changes: Any) -> TokenizerParams:
    return PARAMS.tokenizer.model_copy(update=changes)


@pytest.mark.parametrize("reference", REFERENCES)
def test_references_come_back_as_they_were(codec: TextCodec, reference: str) -> None:
    assert codec.decode(codec.encode_summaries([reference])) == [reference]


def test_tags_keep_their_case_and_stay_while_special_tokens_go(codec: TextCodec) -> None:
    special = [codec.encoding.pad_token_id, codec.encoding.eos_token_id, codec.encoding.decoder_start_token_id]
    row = codec.encode_summaries(["#Person1# #Person2#"])[0]
    assert codec.decode([[*special, *row, *special]]) == ["#Person1# #Person2#"]


def test_a_summary_has_one_end_of_sequence_even_where_its_text_spells_one(codec: TextCodec) -> None:
    for text in ("the soup is cold.", f"the soup{codec.tokenizer.eos_token} is cold.", codec.tokenizer.eos_token):
        row = codec.encode_summaries([text])[0]
        assert row.index(codec.encoding.eos_token_id) == len(row) - 1


def test_truncation_keeps_what_ends_a_text(codec: TextCodec) -> None:
    dialogue = codec.encode_dialogues(["#Person1#: " + "the soup is cold. " * 20])[0]
    behind = 1 if codec.encoding.eos_token_id == dialogue[-1] else 2
    cut = codec.truncate_dialogue(dialogue)
    assert (len(cut), cut[-behind:], cut[:-behind]) == (24, dialogue[-behind:], dialogue[: 24 - behind])
    summary = codec.encode_summaries(["the soup is cold. " * 20])[0]
    cut = codec.truncate_summary(summary)
    assert (len(cut), cut[-1], cut[:-1]) == (12, codec.encoding.eos_token_id, summary[:11])


@pytest.mark.parametrize("overflow", ["start", "middle"])
@pytest.mark.parametrize("prefix", ["", "say it: "])
def test_truncation_keeps_what_is_around_a_dialogue_whatever_is_cut(
    kind: str, checkpoints: Path, prefix: str, overflow: Overflow
) -> None:
    """A language code or BERT's own token, and the prefix, are before a dialogue; the end of sequence is after it."""
    codec = load(kind, checkpoints, TAGS, source_prefix=prefix, overflow=overflow)
    [nothing], [words] = codec.encode_dialogues([""]), codec.encode_dialogues(["soup " * 40])
    [ids] = codec.encode_dialogues(["cold " + "soup " * 40 + "#Person1#"])
    cut = codec.truncate_dialogue(ids)
    assert len(cut) == 24
    after = 2 if codec.encoding.eos_token_id == ids[-2] else 1
    before = count_shared(nothing, words)
    assert cut[:before] == ids[:before] and cut[-after:] == ids[-after:]
    tag = codec.tokenizer.convert_tokens_to_ids("#Person1#")
    assert cut[-after - 1] == tag == ids[-after - 1]
    room = 24 - before - after
    first = (room + 1) // 2 if overflow == "middle" else 0
    dialogue = ids[before:-after]
    assert cut[before:-after] == dialogue[:first] + dialogue[-(room - first) :]
    text = codec.tokenizer.decode(cut, skip_special_tokens=True)
    assert text.replace(" ", "").startswith(prefix.strip().replace(" ", ""))
    assert ("cold" in text) == (overflow == "middle")


def test_a_prefix_that_leaves_no_room_for_a_dialogue_is_refused(kind: str, checkpoints: Path) -> None:
    with pytest.raises(BeamlineError) as refused:
        load(kind, checkpoints, TAGS, source_prefix="the waiter shows the kitchen " * 9)
    assert re.fullmatch(
        r"tokenizer\.max_source_tokens: 24 leaves no room for a dialogue, as \d+ tokens are around it;"
        r" raise it, or shorten tokenizer\.source_prefix",
        str(refused.value),
    )


def test_what_is_within_the_limits_is_not_touched(codec: TextCodec) -> None:
    row = codec.encode_summaries(["a dog."])[0]
    assert codec.truncate_summary(row) == row
    assert codec.truncate_dialogue(row) == row


def test_the_saved_tokenizer_alone_encodes_a_dialogue_as_the_codec_does(codec: TextCodec) -> None:
    dialogue = "#Person1#: the soup is cold.\n#Person2#: 국이 식었어요."
    text = codec.encoding.source_prefix + dialogue
    assert codec.tokenizer(text)["input_ids"] == codec.encode_dialogues([dialogue])[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_tags_that_a_fine_tuned_tokenizer_knows_are_not_new(name: str, checkpoints: Path, tmp_path: Path) -> None:
    first = load(name, checkpoints, TAGS)
    assert [first.tokenizer.convert_ids_to_tokens(token) for token in first.encoding.new_tokens] == TAGS
    shutil.copy(checkpoints / name / "config.json", tmp_path)
    (tmp_path / "generation_config.json").write_text(json.dumps(first.encoding.generation_tokens), encoding="utf-8")
    first.save(tmp_path)
    second = load_codec(params(max_source_tokens=24), PARAMS.model, pinned(tmp_path), [*TAGS, "#Person3#"])
    assert [second.tokenizer.convert_ids_to_tokens(token) for token in second.encoding.new_tokens] == ["#Person3#"]
    assert second.encode_summaries(REFERENCES) == first.encode_summaries(REFERENCES)


def test_tags_that_a_checkpoint_holds_for_special_survive_decoding_too(checkpoints: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoints / "kobart", tmp_path / "kobart")
    published = AutoTokenizer.from_pretrained(tmp_path / "kobart")
    published.add_special_tokens({"additional_special_tokens": TAGS})
    published.save_pretrained(tmp_path / "kobart")
    codec = load("kobart", tmp_path, TAGS)
    assert codec.encoding.new_tokens == ()
    codec.save(tmp_path / "saved")
    for either in (codec, TextCodec.load(tmp_path / "saved")):
        assert either.decode(either.encode_summaries(REFERENCES)) == REFERENCES


def test_a_tag_in_the_vocabulary_is_one_token_wherever_it_stands(checkpoints: Path) -> None:
    codec = load("bart", checkpoints, ["#Person1#", "e"])
    tokens = codec.tokenizer.convert_ids_to_tokens(codec.encode_summaries(["the e #Person1#"])[0])
    assert tokens[-3:] == ["Ġ", "#Person1#", "</s>"]
    assert "e" in tokens
    assert codec.encoding.new_tokens == (codec.tokenizer.convert_tokens_to_ids("#Person1#"),)


@pytest.mark.parametrize(
    ("asked", "prefix"), [(None, "summarize: "), ("", ""), ("dialogue: ", "dialogue: ")], ids=["own", "none", "another"]
)
def test_t5_brings_its_prefix_and_params_can_change_it(checkpoints: Path, asked: str | None, prefix: str) -> None:
    codec = load("t5", checkpoints, TAGS, source_prefix=asked)
    assert codec.encoding.source_prefix == prefix
    plain = load("t5", checkpoints, TAGS, source_prefix="")
    assert codec.encode_dialogues(["a dog."]) == plain.encode_dialogues([f"{prefix}a dog."])


@pytest.mark.parametrize(
    ("name", "token"), [("t5", "<extra_id_7>"), ("mbart25", "ro_RO"), ("mbart50", "sl_SI"), ("pegasus", "<unk_5>")]
)
def test_special_tokens_of_a_familys_own_do_not_survive(checkpoints: Path, name: str, token: str) -> None:
    codec = load(name, checkpoints, TAGS)
    ids = codec.tokenizer.convert_tokens_to_ids(["#Person1#", token, "#Person2#"])
    assert codec.decode([ids]) == ["#Person1##Person2#"]


def test_other_families_have_no_prefix(checkpoints: Path) -> None:
    assert load("bart", checkpoints, TAGS).encoding.source_prefix == ""


def test_language_code_stands_where_each_mbart_has_it(checkpoints: Path) -> None:
    for name, source, target, start, forced in (
        ("mbart25", "x </s> ko_KR", "x </s>", "ko_KR", None),
        ("mbart50", "ko_KR x </s>", "ko_KR x </s>", "</s>", "ko_KR"),
    ):
        codec = load(name, checkpoints, TAGS, language="ko_KR")
        for encode, expected in ((codec.encode_dialogues, source), (codec.encode_summaries, target)):
            tokens = codec.tokenizer.convert_ids_to_tokens(encode(["#Person1#"])[0])
            assert " ".join(tokens) == expected.replace("x", "#Person1#")
        ids = codec.tokenizer.convert_tokens_to_ids
        assert codec.encoding.decoder_start_token_id == ids(start)
        assert codec.encoding.forced_first_token_id == (forced and ids(forced))


@pytest.mark.parametrize(
    ("name", "language", "message"),
    [
        ("mbart25", None, "tokenizer.language: NAME is multilingual; name its code, such as en_XX or ko_KR"),
        ("mbart50", None, "tokenizer.language: NAME is multilingual; name its code, such as en_XX or ko_KR"),
        ("mbart50", "Korean", "tokenizer.language: NAME has no language code 'Korean'"),
        ("bart", "a", "tokenizer.language: NAME marks no language in its summaries; leave it empty"),
        ("bart", "ko_KR", "tokenizer.language: NAME has no language code 'ko_KR'"),
    ],
)
def test_languages_that_do_not_fit_are_refused(
    checkpoints: Path, name: str, language: str | None, message: str
) -> None:
    with pytest.raises(BeamlineError) as refused:
        load(name, checkpoints, TAGS, language=language)
    assert str(refused.value).replace(str(checkpoints / name), "NAME") == message


@pytest.mark.parametrize("token", ["pad", "eos"])
def test_tokenizer_without_a_token_that_training_needs_is_refused(
    checkpoints: Path, tmp_path: Path, token: str
) -> None:
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((checkpoints / "kobart" / name).read_bytes())
    config = json.loads((checkpoints / "kobart" / "tokenizer_config.json").read_text(encoding="utf-8"))
    del config[f"{token}_token"]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(BeamlineError) as refused:
        load_codec(params(), PARAMS.model, pinned(tmp_path), TAGS)
    assert str(refused.value) == f"{tmp_path}: its tokenizer has no {token}_token; add one and save it"


@pytest.mark.parametrize("key", ["max_source_tokens", "max_target_tokens"])
@pytest.mark.parametrize("name", ["bart", "led", "bert2bert"])
def test_limits_above_the_positions_of_a_model_are_refused(checkpoints: Path, name: str, key: str) -> None:
    with pytest.raises(BeamlineError) as refused:
        load(name, checkpoints, TAGS, **{key: 129})
    assert str(refused.value) == (
        f"tokenizer.{key}: the checkpoint has positions for 128 tokens, found 129; set it to 128 or less"
    )


def test_t5_has_no_positions_to_exceed(checkpoints: Path) -> None:
    assert load("t5", checkpoints, TAGS, max_source_tokens=4096).encoding.max_source_tokens == 4096


def test_built_vocabulary_has_the_size_asked_for_tags_included() -> None:
    texts = ["".join(chr(0x4E00 + (7 * i + j) % 900) for j in range(40)) for i in range(400)]
    codec = build_codec(params(vocabulary_size=700), texts, TAGS)
    assert len(codec.tokenizer) == 700
    assert codec.encoding.new_tokens == ()


@pytest.mark.parametrize("content", ['{"version":\n', "{}"], ids=["torn", "empty"])
def test_a_broken_tokenizer_is_one_line(checkpoints: Path, tmp_path: Path, content: str) -> None:
    load("bart", checkpoints, TAGS).save(tmp_path / "saved")
    shutil.copytree(checkpoints / "kobart", tmp_path / "kobart")
    for directory in ("saved", "kobart"):
        (tmp_path / directory / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(BeamlineError) as unusable:
        TextCodec.load(tmp_path / "saved")
    with pytest.raises(BeamlineError) as refused:
        load("kobart", tmp_path, TAGS)
    for error, place in ((unusable, f"{tmp_path / 'saved'}: "), (refused, f"model.name: {tmp_path / 'kobart'}: ")):
        assert str(error.value).startswith(place)
        assert "\n" not in str(error.value)


def test_a_missing_tokenizer_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match=re.escape(f"{tmp_path}: no usable tokenizer (")) as refused:
        TextCodec.load(tmp_path)
    assert str(refused.value).endswith("run: dvc repro prepare")
    assert "\n" not in str(refused.value)


def test_an_encoding_that_names_no_family_is_of_a_seq2seq_model(checkpoints: Path, tmp_path: Path) -> None:
    load("bart", checkpoints, TAGS).save(tmp_path)
    path = tmp_path / "encoding.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored.pop("family") == "seq2seq"
    path.write_text(json.dumps(stored), encoding="utf-8")
    assert TextCodec.load(tmp_path).encoding.family == "seq2seq"


def test_an_encoding_of_an_unknown_family_is_one_line(checkpoints: Path, tmp_path: Path) -> None:
    load("bart", checkpoints, TAGS).save(tmp_path)
    path = tmp_path / "encoding.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**stored, "family": "diffusion"}), encoding="utf-8")
    with pytest.raises(
        BeamlineError, match=r"no model family 'diffusion'; expected seq2seq, causal\); run: dvc repro prepare$"
    ):
        TextCodec.load(tmp_path)
