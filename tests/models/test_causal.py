"""Decoder-only models through the real stages: 16 dialogues memorized, saved, and read back by plain transformers."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.family_run import Run, compare_places, family_run
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from beamline.core.params import read_params
from beamline.decoding.backends import CONVERTIBLE
from beamline.diagnosis.checks.check import Status
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.sources import evidence_from_checkpoint
from beamline.diagnosis.verdict import run_checks
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import read_codec, read_split
from beamline.models.weights import load_model
from beamline.serving.card import RunFacts, write_card
from beamline.serving.summarize import summarize

pytestmark = pytest.mark.slow

COMMON = "smollm"  # the others train in the third tier
PROMPT = "Summarize.\n{dialogue}\nSummary:\n"
CHANGES = {"model.prompt": PROMPT, "tokenizer.max_source_tokens": 200, "train.tokens_per_batch": 400}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=() if name == COMMON else pytest.mark.extended) for name in CAUSAL],
)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return family_run(CAUSAL[request.param], tmp_path_factory.mktemp(request.param), **CHANGES)


def test_model_memorizes_16_dialogues(run: Run) -> None:
    scores = run.read("metrics/rouge.json")["test"]
    assert scores["rouge1_f"] >= 0.9
    assert scores["unfinished"] == 0


def test_signature_names_the_prompt(run: Run) -> None:
    codec = read_codec(run.directory / "data/prepared")
    assert f"|prompt:{codec.encoding.prompt_digest}" in run.read("metrics/rouge.json")["signature"]


def test_every_label_ends_with_the_one_end_of_turn(run: Run) -> None:
    end = read_codec(run.directory / "data/prepared").encoding.eos_token_id
    labels = [dialogue.labels[0] for dialogue in read_split("train", run.directory / "data/prepared")]
    assert len(labels) == 16
    assert [row.index(end) for row in labels] == [len(row) - 1 for row in labels]


def test_plain_transformers_reads_and_writes_the_same(run: Run) -> None:
    directory = run.best_checkpoint
    tokenizer = AutoTokenizer.from_pretrained(directory, padding_side="left")
    texts = [PROMPT.format(dialogue=row["dialogue"]) for row in run.predictions]
    if tokenizer.chat_template:
        texts = [
            tokenizer.apply_chat_template(
                [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
            for text in texts
        ]
    batch = tokenizer(texts, add_special_tokens=not tokenizer.chat_template, padding=True, return_tensors="pt")
    prepared = [dialogue.input_ids for dialogue in read_split("test", run.directory / "data/prepared")]
    pairs = zip(batch["input_ids"], batch["attention_mask"], strict=True)
    assert [row[mask.bool()].tolist() for row, mask in pairs] == prepared
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    written = AutoModelForCausalLM.from_pretrained(directory).generate(**inputs, max_new_tokens=96, do_sample=False)
    summaries = tokenizer.batch_decode(written[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert [" ".join(text.split()) for text in summaries] == [row["summary"] for row in run.predictions]


def test_new_dialogues_are_summarized_as_the_old_ones(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.directory)
    summarize([Path("data/test.jsonl")], None, Path("model"), [], tmp_path / "summaries.jsonl")
    lines = (tmp_path / "summaries.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["summary"] for line in lines] == [row["summary"] for row in run.predictions]


def test_checkpoint_from_elsewhere_is_used_and_diagnosed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.directory)
    summarize([Path("data/test.jsonl")], None, run.checkpoint, [], tmp_path / "summaries.jsonl")
    assert len((tmp_path / "summaries.jsonl").read_text(encoding="utf-8").splitlines()) == 16
    evidence = evidence_from_checkpoint(run.checkpoint, Path("data"), read_params())
    assert len(run_checks(evidence)) > 30


@pytest.mark.parametrize("ctranslate2", [False, pytest.param(True, marks=pytest.mark.extended)])
def test_code_on_the_model_card_writes_the_reported_summary(
    ctranslate2: bool, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    codec = TextCodec.load(run.directory / "model")
    if not ctranslate2:
        shutil.copytree(run.directory / "model", tmp_path, dirs_exist_ok=True)
    else:
        pytest.importorskip("ctranslate2", reason="optional: pip install -c constraints.txt ctranslate2")
        if AutoConfig.from_pretrained(run.directory / "model").model_type not in CONVERTIBLE:
            pytest.skip("ctranslate2 is not used for it")
        from beamline.decoding.ctranslate2_backend import convert_checkpoint

        convert_checkpoint(run.directory / "model", codec, tmp_path, "float32")
        codec.save(tmp_path)
    facts = RunFacts("", {}, run.read("metrics/rouge.json"), "no fault found", "", {})
    settings = read_params(run.directory / "params.yaml").generation.model_dump()
    card = write_card(facts, codec, settings, ctranslate2=ctranslate2)
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    for row in run.predictions[:2]:
        capsys.readouterr()
        exec(re.sub(r'dialogue = ".*"\n', "dialogue = given\n", code[1]), {"given": row["dialogue"]})
        assert " ".join(capsys.readouterr().out.split()) == row["summary"]


def test_every_weight_was_trained(run: Run) -> None:
    before = dict(AutoModelForCausalLM.from_pretrained(run.checkpoint).named_parameters())
    after = dict(load_model(run.best_checkpoint).named_parameters())
    assert before.keys() == after.keys()
    trained = [name for name, weight in before.items() if weight.ndim == 2 and not re.search("wpe", name)]
    assert [name for name in trained if torch.equal(before[name], after[name])] == []


def test_where_the_checkpoint_lies_leaves_no_trace(run: Run, tmp_path: Path) -> None:
    compare_places(run, tmp_path, **CHANGES)


def test_diagnosis_knows_the_family(run: Run) -> None:
    """Nearly all checks apply. What they find is leakage between three equal splits, and a high learning rate."""
    statuses = Counter(result.finding.status for result in run_checks(evidence_from_directory(run.directory)))
    assert statuses[Status.PASS] > 30
    assert statuses[Status.NOT_APPLICABLE] <= 6
    assert statuses[Status.FAILURE] <= 4
    assert read_params(run.directory / "params.yaml").model.prompt == PROMPT
