"""Every family through the real stages: 16 dialogues learnt by heart, saved, and read back by plain transformers."""

import re
import unicodedata
from pathlib import Path

import pytest
import torch
from support.checkpoints import FAMILIES, led
from support.family_run import Run, compare_places, family_run
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedModel

from beamline.core.params import read_params
from beamline.decoding.transformers_backend import Decoder
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example, read_codec, read_split
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.weights import load_model, load_pretrained
from beamline.training.batching import Collator

pytestmark = pytest.mark.slow

TAGS = ["#Person1#", "#Person2#"]
COMMON = ("bart", "t5")  # the others train in the third tier


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=() if name in COMMON else pytest.mark.extended) for name in FAMILIES],
)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return family_run(FAMILIES[request.param], tmp_path_factory.mktemp(request.param))


def test_family_learns_16_dialogues_by_heart(run: Run) -> None:
    scores = run.read("metrics/rouge.json")["test"]
    assert scores["rouge1_f"] >= 0.9
    assert scores["unfinished"] == 0


def test_every_label_ends_with_the_one_end_of_sequence(run: Run) -> None:
    encoding = read_codec(run.directory / "data/prepared").encoding
    labels = [dialogue.labels[0] for dialogue in read_split("train", run.directory / "data/prepared")]
    assert len(labels) == 16
    for row in labels:
        assert row.index(encoding.eos_token_id) == len(row) - 1
        assert encoding.decoder_start_token_id not in row[:-1]


def test_decoder_starts_as_the_family_does(run: Run) -> None:
    codec = read_codec(run.directory / "data/prepared")
    assert codec.tokenizer.convert_ids_to_tokens(codec.encoding.decoder_start_token_id) == run.family.start


def test_speaker_tags_are_single_tokens_on_both_sides(run: Run) -> None:
    codec = read_codec(run.directory / "data/prepared")
    tags = codec.tokenizer.convert_tokens_to_ids(TAGS)
    assert tags == list(codec.encoding.new_tokens)
    for dialogue in read_split("train", run.directory / "data/prepared"):
        for text, row in (
            (dialogue.record.dialogue, dialogue.input_ids),
            (dialogue.record.references[0], dialogue.labels[0]),
        ):
            assert [row.count(tag) for tag in tags] == [text.count(tag) for tag in TAGS]


def test_tags_survive_decoding_and_other_special_tokens_do_not(run: Run) -> None:
    summaries = [row["summary"] for row in run.predictions]
    assert any("#Person1#" in summary and "#Person2#" in summary for summary in summaries)
    special = read_codec(run.directory / "data/prepared").tokenizer.all_special_tokens
    assert not [token for token in special for summary in summaries if token in summary]


def test_plain_transformers_writes_the_same_summaries(run: Run) -> None:
    directory = run.best_checkpoint
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSeq2SeqLM.from_pretrained(directory)
    prefix = TextCodec.load(directory).encoding.source_prefix
    batch = tokenizer([prefix + row["dialogue"] for row in run.predictions], padding=True, return_tensors="pt")
    batch.pop("token_type_ids", None)
    prepared = [dialogue.input_ids for dialogue in read_split("test", run.directory / "data/prepared")]
    assert [row[mask.bool()].tolist() for row, mask in zip(*batch.values(), strict=True)] == prepared
    if hasattr(model.config, "attention_window"):
        batch["global_attention_mask"] = torch.zeros_like(batch["input_ids"]).index_fill(1, torch.tensor(0), 1)
    texts = tokenizer.batch_decode(model.generate(**batch, max_length=96), skip_special_tokens=True)
    assert [bare(text, run) for text in texts] == [bare(row["summary"], run) for row in run.predictions]


def test_every_weight_was_trained(run: Run) -> None:
    """LED's projections for global attention among them, which a batch without its mask leaves unused."""
    before = dict(AutoModelForSeq2SeqLM.from_pretrained(run.checkpoint).named_parameters())
    after = dict(load_model(run.best_checkpoint).named_parameters())
    unused = re.compile("embed_positions|pooler")
    trained = {name for name, weight in before.items() if weight.ndim == 2 and not unused.search(name)}
    resized = {name for name in trained if before[name].shape != after[name].shape}
    assert [name for name in sorted(trained - resized) if torch.equal(before[name], after[name])] == []


def test_dialogues_are_decoded_with_the_masks_they_were_trained_with(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    params = read_params(run.directory / "params.yaml")
    codec = TextCodec.load(run.best_checkpoint)
    decoder = Decoder(load_model(run.best_checkpoint), codec, params.generation, params.padding, torch.device("cpu"))
    decoded: dict[str, torch.Tensor] = {}
    generate = decoder.model.generate
    monkeypatch.setattr(decoder.model, "generate", lambda **inputs: decoded.update(inputs) or generate(**inputs))
    [example] = read_split("test", run.directory / "data/prepared")[:1]
    decoder.summaries([example.input_ids], tokens_per_batch=1000, seed=0, description="")
    trained = Collator(codec.encoding, params.padding)([Example("t0", example.input_ids, example.labels[0])])
    masks = {"input_ids", "attention_mask"} | ({"global_attention_mask"} if run.family.build is led else set())
    assert trained.keys() - {"labels", "decoder_input_ids"} == decoded.keys() - {"generation_config"} == masks
    for name in masks:
        assert torch.equal(trained[name], decoded[name])
    if "global_attention_mask" in masks:
        assert trained["global_attention_mask"].nonzero().tolist() == [[0, 0]]


def test_new_embeddings_start_at_the_mean_of_the_old_which_stay(run: Run) -> None:
    published = AutoModelForSeq2SeqLM.from_pretrained(run.checkpoint)
    codec = read_codec(run.directory / "data/prepared")
    checkpoint = Checkpoint(str(run.checkpoint), fingerprint(run.checkpoint))
    fitted = load_pretrained(checkpoint, codec.encoding, len(codec.tokenizer))
    new = list(codec.encoding.new_tokens)
    for before, after in zip(vocabulary_tensors(published), vocabulary_tensors(fitted), strict=True):
        old = before[: min(new)]
        assert torch.equal(after[: min(new)], old)
        for row in after[new]:
            torch.testing.assert_close(row, old.mean(dim=0))


def test_where_the_checkpoint_lies_leaves_no_trace(run: Run, tmp_path: Path) -> None:
    compare_places(run, tmp_path)


def bare(text: str, run: Run) -> str:
    """`text` without what the family's tokenizer can't give back by itself."""
    composed = unicodedata.normalize("NFC", text)
    return ("" if not run.family.keeps_spaces else " ").join(composed.split())


def vocabulary_tensors(model: PreTrainedModel) -> list[torch.Tensor]:
    """Whatever in a model has a row for each token of the vocabulary."""
    parts = [model.encoder, model.decoder] if hasattr(model, "decoder") else [model]
    tensors = [part.get_input_embeddings().weight for part in parts]
    for part in parts:
        output = part.get_output_embeddings()
        tensors += [] if output is None else [output.weight, *filter(lambda bias: bias is not None, [output.bias])]
    return tensors + ([model.final_logits_bias[0]] if hasattr(model, "final_logits_bias") else [])
