"""CTranslate2 beside `generate`: the same summaries, or the setting is named that it applies otherwise."""

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.checkpoints import FAMILIES, records
from support.repository import ROOT, set_params, tiny_directory

pytest.importorskip("ctranslate2", reason="optional: pip install -c constraints.txt ctranslate2")

import ctranslate2

from beamline import evaluate, train
from beamline.core.errors import BeamlineError
from beamline.core.params import Padding, read_params
from beamline.decoding.backends import SummaryDecoder, build_decoder
from beamline.decoding.ctranslate2_backend import convert_checkpoint
from beamline.decoding.transformers_backend import Summary
from beamline.encoding.codec import TextCodec, load_codec
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.weights import load_model, load_pretrained

pytestmark = pytest.mark.extended

PARAMS = read_params(ROOT / "params.yaml")
TAGS = ["#Person1#", "#Person2#"]
LONGEST = Padding(mode="longest", labels="masked")
PLAIN = {"no_repeat_ngram_size": 0, "repetition_penalty": 1.0}
BEAMS = {"num_beams": 4, **PLAIN}
BASELINES: dict[str, dict[str, object]] = {
    "params.yaml": {},
    "greedy": PLAIN,
    "beams": BEAMS,
    "two beams": {**BEAMS, "num_beams": 2},
    "short beams": {**BEAMS, "max_length": 6},
}
# By how much the end of sequence must weigh more in the output, for some of 24 summaries to end and some to be cut.
CONVERTED = {
    "bart": 4.0,
    "kobart": 2.0,
    "marian": 1.5,
    "mbart25": 4.0,
    "mbart50": 3.0,
    "t5": 2.0,
    "mt5": 2.0,
    "pegasus": 5.0,
    "llama": 2.0,
    "smollm": 2.0,
}


@dataclass(frozen=True)
class Fitted:
    """A tiny model with random weights, which never agree by accident, as the `train` stage saves it."""

    directory: Path
    codec: TextCodec
    sources: list[list[int]]

    def decoder(self, backend: str, *, device: str = "cpu", **changes: object) -> SummaryDecoder:
        settings = PARAMS.generation.model_copy(update={"backend": backend, "max_length": 24, **changes})
        return build_decoder(self.directory, self.codec, settings, LONGEST, torch.device(device))

    def summaries(self, backend: str, *, budget: int = 300, **changes: object) -> list[Summary]:
        decoder = self.decoder(backend, **changes)
        assert decoder.resolved.backend.startswith("transformers" if backend == "transformers" else "ctranslate2")
        return decoder.summaries(self.sources, tokens_per_batch=budget, seed=0, description="test")


EMBEDDING = re.compile("embed|shared")


def fit(name: str, directory: Path) -> Fitted:
    family = {**FAMILIES, **CAUSAL}[name]
    family.save(directory / "published")
    checkpoint = Checkpoint(str(directory / "published"), fingerprint(directory / "published"))
    longest = 256 if name in CAUSAL else 96
    limits = {"language": family.language, "max_source_tokens": longest, "max_target_tokens": 96}
    codec = load_codec(PARAMS.tokenizer.model_copy(update=limits), PARAMS.model, checkpoint, TAGS)
    torch.manual_seed(0)
    model = load_pretrained(checkpoint, codec.encoding, len(codec.tokenizer))
    for part, parameter in model.named_parameters():
        if parameter.dim() > 1 and not EMBEDDING.search(part):
            parameter.data *= 4  # as it is drawn, it writes one token over and over, whatever it reads
    model.get_output_embeddings().weight.data[codec.encoding.eos_token_id] *= CONVERTED.get(name, 1.0)
    model.save_pretrained(directory / "fitted")
    codec.save(directory / "fitted")
    words = " ".join(row["dialogue"] for row in records(family.texts)).split(" ")
    draw = random.Random(0)
    dialogues = [" ".join(draw.choices(words, k=draw.randint(2, 20))) for _ in range(24)]
    sources = [codec.truncate_dialogue(row) for row in codec.encode_dialogues(dialogues)]
    return Fitted(directory / "fitted", TextCodec.load(directory / "fitted"), sources)


def ends(summaries: list[Summary]) -> set[bool]:
    return {summary.finished for summary in summaries}


@pytest.fixture(scope="module")
def fitted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return fit(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def bart(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """BART as it is trained from nothing here: it starts with `<s>`, which it never writes, and not with its end."""
    fitted = fit("bart", tmp_path_factory.mktemp("started"))
    model = load_model(fitted.directory)
    model.final_logits_bias[0, 0] = -100
    model.save_pretrained(fitted.directory)
    path = fitted.directory / "encoding.json"
    encoding = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**encoding, "decoder_start_token_id": 0}), encoding="utf-8")
    return Fitted(fitted.directory, TextCodec.load(fitted.directory), fitted.sources)


@pytest.fixture(scope="module")
def baseline(request: pytest.FixtureRequest, bart: Fitted) -> tuple[dict[str, object], list[Summary]]:
    """Settings, and what transformers writes under them."""
    settings = BASELINES[request.param]
    return settings, bart.summaries("transformers", **settings)


@pytest.mark.parametrize(
    ("fitted", "settings"),
    [(name, way) for name in CONVERTED for way in ("greedy", "beams") if (name, way) != ("mbart50", "beams")],
    indirect=["fitted"],
    scope="module",
)
def test_every_family_writes_the_same_summaries(fitted: Fitted, settings: str) -> None:
    expected = fitted.summaries("transformers", **BASELINES[settings])
    assert len({summary.text for summary in expected}) > 5, "the model must not answer everything alike"
    assert ends(expected) == {True, False}, "some summaries must end, and some be cut"
    assert fitted.summaries("auto", **BASELINES[settings]) == expected


@pytest.mark.parametrize(
    ("baseline", "changes"),
    [
        ("params.yaml", {"min_length": 12}),
        ("params.yaml", {"min_length": 24}),
        ("params.yaml", {"max_length": 2}),
        ("params.yaml", {"max_length": 9}),
        ("params.yaml", {"no_repeat_ngram_size": 1}),
        ("params.yaml", {"no_repeat_ngram_size": 2}),
        ("params.yaml", {"repetition_penalty": 2.0}),
        ("greedy", {"no_repeat_ngram_size": 3, "repetition_penalty": 1.2}),
        ("greedy", {"repetition_penalty": 0.7}),
        ("beams", {"length_penalty": -1.0}),
        ("two beams", {"length_penalty": 0.0}),
        ("short beams", {"length_penalty": 1.0}),
    ],
    indirect=["baseline"],
    scope="module",
    ids=lambda given: given if isinstance(given, str) else ", ".join(f"{key} {value}" for key, value in given.items()),
)
def test_every_setting_means_the_same(
    bart: Fitted, baseline: tuple[dict[str, object], list[Summary]], changes: dict[str, object]
) -> None:
    settings, unchanged = baseline
    expected = bart.summaries("transformers", **{**settings, **changes})
    assert expected != unchanged, "the setting must matter to these summaries"
    if changes not in ({"min_length": 24}, {"max_length": 2}):  # under which none ends
        assert ends(expected) == {True, False}, "some summaries must end, and some be cut"
    assert bart.summaries("ctranslate2", **{**settings, **changes}) == expected


@pytest.mark.parametrize("settings", [{}, BEAMS], ids=["greedy", "beams"])
def test_batches_and_threads_change_nothing(bart: Fitted, settings: dict[str, object]) -> None:
    expected = bart.summaries("ctranslate2", **settings)
    assert bart.summaries("ctranslate2", budget=1, **settings) == expected
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert bart.summaries("ctranslate2", budget=10_000, **settings) == expected
    finally:
        torch.set_num_threads(threads)


def test_it_leaves_the_threads_of_everything_else_alone(bart: Fitted) -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        bart.decoder("ctranslate2")
        assert torch.get_num_threads() == bart.decoder("ctranslate2").workers == 3
    finally:
        torch.set_num_threads(threads)


def test_int8_is_another_backend_in_the_signature_and_writes_summaries(bart: Fitted) -> None:
    decoder = bart.decoder("ctranslate2", compute_type="int8")
    assert decoder.resolved.backend.endswith("-int8")
    summaries = decoder.summaries(bart.sources, tokens_per_batch=300, seed=0, description="test")
    assert len(summaries) == len(bart.sources)
    assert all(summary.text for summary in summaries)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({**BEAMS, "early_stopping": False}, "early_stopping"),
        ({**BEAMS, "repetition_penalty": 1.2}, "repetition_penalty"),
        ({**BEAMS, "no_repeat_ngram_size": 3}, "no_repeat_ngram_size"),
        ({**BEAMS, "min_length": 5}, "min_length"),
        ({"compute_type": "int8"}, "compute_type"),
    ],
)
def test_what_it_does_otherwise_is_named_and_left_to_transformers_by_auto(
    bart: Fitted, settings: dict[str, object], key: str
) -> None:
    decoder = bart.decoder("ctranslate2", **settings)
    assert list(decoder.resolved.differing) == [key]
    assert len(decoder.summaries(bart.sources, tokens_per_batch=300, seed=0, description="test")) == len(bart.sources)
    assert bart.decoder("auto", **settings).resolved.backend == "transformers"


def test_what_it_cannot_convert_is_named_and_left_to_transformers_by_auto(bart: Fitted, tmp_path: Path) -> None:
    unknown = altered(bart, tmp_path / "mish", {"activation_function": "mish"})
    with pytest.raises(BeamlineError, match="ctranslate2 can't convert it"):
        unknown.decoder("ctranslate2")
    assert unknown.decoder("auto").resolved.backend == "transformers"


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device has to be one that can't be used")
def test_a_device_that_it_cannot_use_is_named_and_left_to_transformers_by_auto(
    bart: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = r"^generation\.backend: ctranslate2 can't decode on cuda \([^\n]+\); take transformers, or auto$"
    with pytest.raises(BeamlineError, match=refused):
        bart.decoder("ctranslate2", device="cuda")
    # transformers can't use that device either: it is CTranslate2 alone that is sent there.
    on_device = ctranslate2.Translator
    monkeypatch.setattr(ctranslate2, "Translator", lambda path, _, **options: on_device(path, "cuda", **options))
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert bart.decoder("auto").resolved.backend == "transformers"
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_no_room_for_the_converted_copy_is_one_line_and_left_to_transformers_by_auto(
    bart: Fitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)  # as where every one of them is on a full disk
    with pytest.raises(BeamlineError, match=r"ctranslate2 has no room for its copy .*No usable temporary directory"):
        bart.decoder("ctranslate2")
    assert bart.decoder("auto").resolved.backend == "transformers"


def altered(fitted: Fitted, directory: Path, changes: dict[str, object]) -> Fitted:
    """The same weights with other settings in config.json."""
    copy = Fitted(shutil.copytree(fitted.directory, directory), fitted.codec, fitted.sources)
    config = copy.directory / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return copy


LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}


@pytest.mark.parametrize("fitted", ["llama"], indirect=True, scope="module")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"hidden_act": "gelu"}, "hidden_act gelu"),
        ({"rope_parameters": {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}}, "rope_type dynamic"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 2.0}}, "rope_type yarn"),
        ({"rope_parameters": LLAMA3 | {"original_max_position_embeddings": 64}}, "rope_type llama3"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_parts_of_a_llama_that_it_lacks_are_refused_and_left_to_transformers_by_auto(
    fitted: Fitted, changes: dict[str, object], named: str, tmp_path: Path
) -> None:
    other = altered(fitted, tmp_path / "other", changes)
    with pytest.raises(BeamlineError, match=rf"^generation\.backend: [^\n]* {named}; take transformers, or auto$"):
        other.decoder("ctranslate2", **PLAIN)
    assert other.decoder("auto", **PLAIN).resolved.backend == "transformers"


@pytest.mark.parametrize("fitted", ["llama"], indirect=True, scope="module")
def test_conversion_of_unknown_positions_is_one_line(fitted: Fitted, tmp_path: Path) -> None:
    dynamic = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}
    other = altered(fitted, tmp_path / "other", {"rope_parameters": dynamic})
    with pytest.raises(BeamlineError, match=r"other: ctranslate2 can't convert it \([^\n]*'dynamic' [^\n]*$"):
        convert_checkpoint(other.directory, other.codec, tmp_path / "converted", "float32")


@pytest.mark.parametrize("fitted", ["llama"], indirect=True, scope="module")
@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_act": "swish"},
        {"rope_parameters": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    ],
    ids=["swish", "linear", "theta"],
)
def test_parts_of_a_llama_that_it_knows_write_the_same_summaries(
    fitted: Fitted, changes: dict[str, object], tmp_path: Path
) -> None:
    other = altered(fitted, tmp_path / "other", changes)
    expected = other.summaries("transformers", **PLAIN)
    if "hidden_act" not in changes:
        assert expected != fitted.summaries("transformers", **PLAIN), "the setting must matter to these summaries"
    assert other.summaries("auto", **PLAIN) == expected


def test_damaged_config_is_one_line(bart: Fitted, tmp_path: Path) -> None:
    damaged = Fitted(shutil.copytree(bart.directory, tmp_path / "damaged"), bart.codec, bart.sources)
    (damaged.directory / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"damaged: not readable \(.*\); run: dvc repro train$"):
        damaged.decoder("auto")


def test_sampling_is_refused_by_name_and_left_to_transformers_by_auto(bart: Fitted) -> None:
    with pytest.raises(BeamlineError, match=r"^generation\.do_sample: [^\n]*; set generation\.backend to auto$"):
        bart.decoder("ctranslate2", do_sample=True)
    assert bart.decoder("auto", do_sample=True).resolved.backend == "transformers"


def test_a_start_that_is_the_end_of_sequence_is_penalized_by_transformers_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    published = fit("bart", tmp_path_factory.mktemp("published"))
    assert published.codec.encoding.decoder_start_token_id == published.codec.encoding.eos_token_id
    for penalty in ({"repetition_penalty": 1.2}, {"no_repeat_ngram_size": 1}):
        assert list(published.decoder("ctranslate2", **{**PLAIN, **penalty}).resolved.differing) == list(penalty)
        assert published.decoder("auto", **{**PLAIN, **penalty}).resolved.backend == "transformers"
    assert published.decoder("auto", **PLAIN).resolved.backend == "ctranslate2-4.8.5-float32"


def test_beams_that_begin_with_a_language_code_are_left_to_transformers_by_auto(tmp_path: Path) -> None:
    forced = fit("mbart50", tmp_path)
    model = load_model(forced.directory)
    model.final_logits_bias[0, forced.codec.encoding.eos_token_id] = 2  # many summaries end right after the code
    model.save_pretrained(forced.directory)
    beams = {**BEAMS, "length_penalty": 0.0}
    assert list(forced.decoder("ctranslate2", **beams).resolved.differing) == ["num_beams"]
    assert forced.decoder("auto", **beams).resolved.backend == "transformers"
    expected, written = forced.summaries("transformers", **beams), forced.summaries("ctranslate2", **beams)
    assert sum(summary.tokens == 1 for summary in written) < sum(summary.tokens == 1 for summary in expected)
    expected = forced.summaries("transformers", **PLAIN)
    assert {summary.tokens == 1 for summary in expected} == {True, False}
    assert forced.summaries("auto", **PLAIN) == expected


@pytest.mark.parametrize("name", ["led", "bert2bert"])
def test_families_without_a_conversion_are_refused_and_left_to_transformers_by_auto(name: str, tmp_path: Path) -> None:
    fitted = fit(name, tmp_path)
    with pytest.raises(BeamlineError, match=r"^generation\.backend: ctranslate2 has bart, .*, and not"):
        fitted.decoder("ctranslate2", **PLAIN)
    assert fitted.decoder("auto", **PLAIN).resolved.backend == "transformers"


def test_auto_takes_ctranslate2_where_nothing_stands_against_it(bart: Fitted) -> None:
    for settings in ({}, BEAMS):
        assert bart.decoder("auto", **settings).resolved.backend == "ctranslate2-4.8.5-float32"


def test_max_length_above_the_positions_is_an_error(bart: Fitted) -> None:
    with pytest.raises(BeamlineError, match=r"generation\.max_length: the model has positions for 128 tokens"):
        bart.summaries("ctranslate2", max_length=129)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    tiny_directory(directory, train=24, others=8, changes={"train.num_train_epochs": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        train.main()
    return directory


def test_evaluation_writes_the_same_predictions_and_says_who_decoded(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(trained, tmp_path / "run"))
    evaluate.main()
    expected = Path("reports/predictions.jsonl").read_bytes()
    assert who_decoded() == ("transformers", "transformers")
    set_params(Path("params.yaml"), {"generation.backend": "auto"})
    evaluate.main()
    assert Path("reports/predictions.jsonl").read_bytes() == expected
    assert who_decoded() == ("ctranslate2-4.8.5-float32", "ctranslate2-4.8.5-float32")


def test_where_one_of_several_processes_cannot_take_it_all_are_left_to_transformers(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shutil.copytree(trained, tmp_path / "run"))
    set_params(Path("params.yaml"), {"train.processes": 2, "generation.backend": "auto"})
    Path("one_without.py").write_text(
        "import os, tempfile\nfrom beamline import evaluate\n"
        "if os.environ['RANK'] == '1':\n    tempfile.tempdir = 'missing'\n"
        "evaluate.main()\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "one_without.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert who_decoded() == ("transformers", "transformers")


def who_decoded() -> tuple[str, str]:
    """As the signature has it, and as metrics/generation.json has it."""
    signature = str(json.loads(Path("metrics/rouge.json").read_text())["signature"])
    named = signature.partition("|backend:")[2].partition("|")[0]
    return named, str(json.loads(Path("metrics/generation.json").read_text())["backend"])
