import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.hub_server import TOKEN, start_hub
from support.repository import Repository

from beamline.core.choices import Overflow
from beamline.core.errors import BeamlineError
from beamline.core.records import Dialogue
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import encode_split
from beamline.serving.card import read_facts, write_card
from beamline.serving.export import export, limit_source


@pytest.fixture(autouse=True)
def in_the_repository(finished: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished.path)


@pytest.fixture(scope="module")
def exported(finished: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("exported") / "summarizer"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(finished.path)
        export(directory, None, ctranslate2=False, push_to=None)
    return directory


def reported(finished: Repository) -> list[dict[str, Any]]:
    text = (finished.path / "reports" / "predictions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def front_matter(card: str) -> Any:
    return YAML(typ="safe").load(card.split("---\n")[1])


def python_of(card: str) -> str:
    found = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_plain_transformers_writes_the_reported_summaries(finished: Repository, exported: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(exported)
    model = AutoModelForSeq2SeqLM.from_pretrained(exported)
    rows = reported(finished)
    inputs = tokenizer([row["dialogue"] for row in rows], return_tensors="pt", padding=True, truncation=True)
    texts = tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)
    assert [" ".join(text.split()) for text in texts] == [row["summary"] for row in rows]


@pytest.mark.slow
def test_the_card_says_what_was_trained_and_how_well_it_does(finished: Repository, exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    metadata = front_matter(card)
    assert (metadata["library_name"], metadata["pipeline_tag"]) == ("transformers", "summarization")
    scores = finished.read("metrics/rouge.json")
    low, high = scores["test"]["rouge_f_interval"]
    value = 100 * scores["test"]["rouge_f"]
    for text in (
        f"| `rouge_f` | {value:.2f} | {100 * low:.2f} to {100 * high:.2f} |",
        scores["signature"],
        finished.read("metrics/diagnosis.json")["verdict"],
        "`data/tiny`",
        "| `generation.num_beams` | `1` |",
    ):
        assert text in card
    [result] = metadata["model-index"]
    measured = {entry["name"]: entry["value"] for entry in result["results"][0]["metrics"]}
    assert measured["rouge_f × 100"] == round(value, 2)


@pytest.mark.slow
def test_the_code_on_the_card_runs(
    exported: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(exported)
    capsys.readouterr()
    exec(python_of((exported / "README.md").read_text(encoding="utf-8")), {})
    assert capsys.readouterr().out.strip()


@pytest.mark.slow
@pytest.mark.parametrize("overflow", ["end", "start", "middle"])
def test_the_card_says_what_of_a_long_dialogue_was_not_read(exported: Path, overflow: Overflow) -> None:
    codec = TextCodec.load(Path("model"))
    cut = TextCodec(codec.tokenizer, replace(codec.encoding, overflow=overflow))
    settings = json.loads((exported / "generation_config.json").read_text(encoding="utf-8"))
    card = write_card(read_facts(None), cut, settings, ctranslate2=False)
    assert f"tokens, the {overflow} was not read" in card
    assert ("`truncation=True` cuts the end" in card) == (overflow == "middle")


@pytest.mark.slow
def test_a_committed_run_is_exported_with_its_commit(finished: Repository, exported: Path, tmp_path: Path) -> None:
    export(tmp_path / "main", "main", ctranslate2=False, push_to=None)
    card = (tmp_path / "main" / "README.md").read_text(encoding="utf-8")
    assert f"commit `{finished.git('rev-parse', 'main').stdout[:7]}`" in card
    for name in ("model.safetensors", "generation_config.json", "tokenizer.json"):
        assert (tmp_path / "main" / name).read_bytes() == (exported / name).read_bytes()


@pytest.mark.slow
def test_the_card_of_the_workspace_names_the_commit_only_if_it_records_this_run(
    finished: Repository, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = f"commit `{finished.git('rev-parse', 'HEAD').stdout[:7]}`"
    assert commit in (exported / "README.md").read_text(encoding="utf-8")
    changed = shutil.copytree(finished.path, tmp_path / "changed", symlinks=True)
    lock = (changed / "dvc.lock").read_text(encoding="utf-8")
    (changed / "dvc.lock").write_text(lock.replace("num_beams: 1", "num_beams: 3"), encoding="utf-8")
    monkeypatch.chdir(changed)
    export(tmp_path / "other", None, ctranslate2=False, push_to=None)
    card = (tmp_path / "other" / "README.md").read_text(encoding="utf-8")
    assert "commit `" not in card
    assert "| `generation.num_beams` | `3` |" in card


@pytest.mark.slow
@pytest.mark.parametrize("ctranslate2", [False, pytest.param(True, marks=pytest.mark.extended)])
def test_every_file_can_be_read_by_those_who_read_other_new_files(ctranslate2: bool, tmp_path: Path) -> None:
    """Only their owner can read the weights in `model/`."""
    if ctranslate2:
        pytest.importorskip("ctranslate2", reason="ctranslate2 is not installed")
    usual = os.umask(0o007)
    try:
        new = tmp_path / "new"
        new.mkdir()
        (new / "file").touch()
        export(tmp_path / "exported", None, ctranslate2=ctranslate2, push_to=None)
    finally:
        os.umask(usual)
    exported = tmp_path / "exported"
    expected = (new / "file").stat().st_mode
    assert [path.name for path in exported.iterdir() if path.stat().st_mode != expected] == []
    assert exported.stat().st_mode == new.stat().st_mode


@pytest.mark.slow
@pytest.mark.parametrize("overflow", ["end", "start"])
def test_plain_transformers_cuts_long_dialogues_where_training_did(
    exported: Path, overflow: Overflow, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    shutil.copytree(exported, tmp_path / "summarizer")
    codec = TextCodec.load(exported)
    encoding = replace(codec.encoding, max_source_tokens=12, overflow=overflow)
    limit_source(tmp_path / "summarizer" / "tokenizer_config.json", encoding)
    dialogue = "#Person1#: Where is the market?\n#Person2#: Behind the old castle, next to the harbour."
    plain = AutoTokenizer.from_pretrained(tmp_path / "summarizer")(dialogue, truncation=True)["input_ids"]
    [encoded] = encode_split([Dialogue("1", dialogue, ("A market.",))], TextCodec(codec.tokenizer, encoding))
    assert plain == encoded.input_ids
    assert len(plain) == 12


@pytest.mark.slow
def test_a_directory_in_use_is_refused(exported: Path) -> None:
    with pytest.raises(BeamlineError, match="exists already; name a new directory"):
        export(exported, None, ctranslate2=False, push_to=None)


@pytest.mark.extended  # it needs an optional package
def test_ctranslate2_files_write_the_reported_summaries(
    finished: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ctranslate2", reason="ctranslate2 is not installed")
    export(tmp_path / "fast", None, ctranslate2=True, push_to=None)
    assert (tmp_path / "fast" / "model.bin").is_file()
    assert not (tmp_path / "fast" / "model.safetensors").exists()
    row = reported(finished)[0]
    code = python_of((tmp_path / "fast" / "README.md").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path / "fast")
    capsys.readouterr()
    exec(re.sub(r'dialogue = ".*"\n', "dialogue = given\n", code), {"given": row["dialogue"]})
    assert " ".join(capsys.readouterr().out.split()) == row["summary"]


@pytest.mark.slow
def test_push_uploads_every_file_into_a_private_repository(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_hub() as hub:
        use_hub(hub.address, TOKEN, monkeypatch)
        address = export(tmp_path / "pushed", None, ctranslate2=False, push_to="team/summarizer")
    assert hub.repositories == {"team/summarizer": True}
    assert hub.files == {path.name: path.read_bytes() for path in (tmp_path / "pushed").iterdir()}
    assert address.endswith("/team/summarizer")


@pytest.mark.slow
def test_a_hub_that_refuses_is_one_line_and_the_files_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start_hub() as hub:
        use_hub(hub.address, "hf_another", monkeypatch)
        with pytest.raises(BeamlineError, match=r"--push-to team/summarizer: .*401.*the files are in .*kept") as caught:
            export(tmp_path / "kept", None, ctranslate2=False, push_to="team/summarizer")
    assert "\n" not in str(caught.value)
    assert hub.files == {}
    assert (tmp_path / "kept" / "README.md").is_file()


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_one_line_and_says_how_to_try_again(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_hub("http://127.0.0.1:9", TOKEN, monkeypatch)
    with pytest.raises(
        BeamlineError, match=r"--push-to team/summarizer: .*hf upload --private team/summarizer"
    ) as caught:
        export(tmp_path / "kept", None, ctranslate2=False, push_to="team/summarizer")
    assert "\n" not in str(caught.value)
    assert (tmp_path / "kept" / "README.md").is_file()


def use_hub(address: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import _commit_api, constants, hf_api

    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for module in (_commit_api, hf_api):  # large files go by LFS, which this hub has
        monkeypatch.setattr(module, "is_xet_available", lambda: False)
    monkeypatch.setenv("HF_TOKEN", token)
