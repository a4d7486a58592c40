"""Checks that do a step of the run again: each sees that its step gave something else."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.small_run import find

from beamline.core.errors import BeamlineError
from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.evidence import Evidence
from beamline.models.weights import refuse_spoiled_weights

pytestmark = pytest.mark.slow

NAMES = [check.name for check in CATALOGUE if check.family == "replay"]


def found(run: Evidence) -> dict[str, Status]:
    statuses = {name: find(run, name).status for name in NAMES}
    return {name: status for name, status in statuses.items() if status in (Status.FAILURE, Status.WARNING)}


def with_summaries(run: Evidence, summaries: list[str]) -> Evidence:
    assert run.predictions is not None
    return dataclasses.replace(run, predictions=dataclasses.replace(run.predictions, summaries=summaries))


def with_recorded(run: Evidence, part: str, **values: Any) -> Evidence:
    assert run.recorded is not None
    return dataclasses.replace(
        run, recorded=dataclasses.replace(run.recorded, **{part: {**getattr(run.recorded, part), **values}})
    )


def test_the_files_of_a_run_belong_together(memorised: Evidence) -> None:
    assert found(memorised) == {}


def test_scores_of_other_predictions_are_noticed_and_measured(memorised: Evidence) -> None:
    assert memorised.recorded is not None
    scores = {**memorised.recorded.rouge["test"], "rouge_f": 0.5}
    finding = find(with_recorded(memorised, "rouge", test=scores), "recorded_scores")
    assert finding.status is Status.FAILURE
    assert finding.points == pytest.approx(50)


@pytest.mark.parametrize(
    ("field", "other", "status"),
    [
        ("|n:16|", "|n:15|", Status.FAILURE),
        ("|tok:english|", "|tok:words|", Status.FAILURE),
        ("|refs:1|", "|refs:3|", Status.FAILURE),
        ("rouge-score:0.1.2|", "rouge-score:0.1.1|", Status.WARNING),
    ],
)
def test_a_signature_of_another_measurement_is_noticed(
    memorised: Evidence, field: str, other: str, status: Status
) -> None:
    assert memorised.recorded is not None
    signature = memorised.recorded.rouge["signature"]
    assert field in signature
    run = with_recorded(memorised, "rouge", signature=signature.replace(field, other))
    assert found(run) == {"signature": status}


def test_the_kept_checkpoint_that_wrote_the_predictions_is_named(memorised: Evidence, tmp_path: Path) -> None:
    assert memorised.checkpoint is not None and memorised.params is not None and memorised.splits is not None
    # The other checkpoint is this one with a decoder that starts elsewhere.
    other = tmp_path / "epoch-099"
    shutil.copytree(memorised.checkpoint, other)
    path = other / "encoding.json"
    encoding = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**encoding, "decoder_start_token_id": encoding["eos_token_id"]}), encoding="utf-8")
    run = dataclasses.replace(memorised, kept=[memorised.checkpoint, other])
    summaries = run.summarize(
        run.model, run.load_codec_beside(other), memorised.params.generation, memorised.splits["test"]
    )
    finding = find(with_summaries(run, summaries), "predictions_of_checkpoint")
    assert finding.status is Status.FAILURE
    assert finding.meaning.endswith("epoch-099 wrote them")


def test_predictions_in_another_letter_case_are_recognised(memorised: Evidence) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, [text.upper() for text in memorised.predictions.summaries])
    finding = find(run, "predictions_of_checkpoint")
    assert finding.status is Status.FAILURE
    assert "the others differ only in letter case and speaker tags" in finding.meaning


def test_predictions_that_nothing_here_writes_are_shown_beside_what_it_writes(memorised: Evidence) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, ["something else"] * len(memorised.predictions.summaries))
    finding = find(run, "predictions_of_checkpoint")
    assert finding.status is Status.FAILURE
    assert "for example 'something else', and decoded again '#Person1# asks" in finding.meaning


def test_text_that_was_added_to_predictions_is_recognized(memorised: Evidence) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, [f"Summary: {text}" for text in memorised.predictions.summaries])
    assert "text was added to the others" in find(run, "predictions_of_checkpoint").meaning


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (lambda text: f"<pad> {text}</s>", "special tokens"),
        (lambda text: text.replace(" ", "&nbsp;"), "HTML entities"),
        (lambda text: repr([text]), "quotes and brackets of a written-out string"),
    ],
)
def test_what_a_program_left_in_predictions_is_named(
    memorised: Evidence, spoil: Callable[[str], str], name: str
) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, [spoil(text) for text in memorised.predictions.summaries])
    assert f"the others have {name} that the model did not write" in find(run, "predictions_of_checkpoint").meaning


def test_a_model_whose_losses_are_no_numbers_fails_no_check_of_what_it_learned(
    memorised: Evidence, tmp_path: Path
) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights["model.shared.weight"][:] = torch.nan

    run = with_weights(memorised, tmp_path, spoil)
    for name in ("token_loss", "source_use", "training_size"):
        assert find(run, name).status is Status.NOT_APPLICABLE


def with_weights(run: Evidence, directory: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> Evidence:
    """The run with other weights in a copy of its evaluated checkpoint."""
    assert run.checkpoint is not None
    checkpoint = directory / run.checkpoint.name
    shutil.copytree(run.checkpoint, checkpoint)
    weights = load_file(checkpoint / "model.safetensors")
    change(weights)
    save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    return dataclasses.replace(run, checkpoint=checkpoint, kept=[checkpoint])


def perturb(weights: dict[str, torch.Tensor]) -> None:
    weights["model.decoder.layers.0.fc1.weight"] *= 1.5


def zero_attention(weights: dict[str, torch.Tensor]) -> None:
    weights["model.decoder.layers.0.encoder_attn.out_proj.weight"].zero_()


@pytest.mark.parametrize("change", [perturb, zero_attention])
def test_weights_that_were_changed_are_proved_by_hash_and_by_loss(
    memorised: Evidence, tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], None]
) -> None:
    run = with_weights(memorised, tmp_path, change)
    assert {"checkpoint_weights", "checkpoint_loss"} <= found(run).keys()
    assert "training measured" in find(run, "checkpoint_loss").meaning


def test_weights_that_are_zero_or_of_few_levels_are_suspects(memorised: Evidence, tmp_path: Path) -> None:
    assert find(memorised, "trained_weights").status is Status.PASS
    assert find(with_weights(memorised, tmp_path, zero_attention), "trained_weights").status is Status.FAILURE

    def quantize(weights: dict[str, torch.Tensor]) -> None:
        for name, tensor in weights.items():
            weights[name] = (tensor * 20).round() / 20

    assert find(with_weights(memorised, tmp_path / "other", quantize), "trained_weights").status is Status.FAILURE


def test_weights_that_are_no_numbers_are_counted_and_evaluate_refuses_them(memorised: Evidence, tmp_path: Path) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights["model.shared.weight"][3, :5] = torch.nan

    run = with_weights(memorised, tmp_path, spoil)
    finding = find(run, "finite_weights")
    assert finding.meaning.startswith("5 of ") and finding.meaning.endswith(
        "weights of model.shared.weight are NaN or infinite"
    )
    assert run.checkpoint is not None
    with pytest.raises(BeamlineError, match=r"5 of .* weights of model.shared.weight are not finite numbers"):
        refuse_spoiled_weights(run.checkpoint)


def test_data_path_is_compared_with_data_prepared(memorised: Evidence) -> None:
    assert memorised.splits is not None
    raw = {split: [dialogue.record for dialogue in rows] for split, rows in memorised.splits.items()}
    assert find(dataclasses.replace(memorised, raw=raw), "prepared_texts").status is Status.PASS
    first = raw["train"][0]
    raw["train"][0] = dataclasses.replace(first, references=("another summary",))
    finding = find(dataclasses.replace(memorised, raw=raw), "prepared_texts")
    assert finding.status is Status.FAILURE
    assert finding.meaning == f"data/prepared has 1 dialogue with other texts (first: train, {first.id})"
    finding = find(dataclasses.replace(memorised, raw={**raw, "train": [*raw["train"], first]}), "prepared_texts")
    assert finding.status is Status.FAILURE
    assert finding.figure == 2  # one with another text, and one that is missing


def test_an_older_run_without_a_record_is_not_held_against_it(memorised: Evidence) -> None:
    assert memorised.recorded is not None
    plain = [
        {name: entry[name] for name in ("name", "epoch", "validation_loss")} for entry in memorised.recorded.checkpoints
    ]
    run = dataclasses.replace(
        memorised, recorded=dataclasses.replace(memorised.recorded, checkpoints=plain, training={})
    )
    for name in ("training_batches", "checkpoint_weights", "checkpoint_loss"):
        assert find(run, name).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["parameters", "best_epoch", "validation_loss"])
def test_training_metrics_of_another_training_are_noticed(memorised: Evidence, name: str) -> None:
    finding = find(with_recorded(memorised, "train", **{name: 7}), "training_metrics")
    assert finding.status is Status.FAILURE
    assert f"{name} 7 in metrics/train.json" in finding.meaning


def test_curves_of_another_training_are_noticed(memorised: Evidence) -> None:
    assert memorised.epochs is not None
    higher = [dataclasses.replace(epoch, validation_loss=epoch.validation_loss + 1) for epoch in memorised.epochs]
    finding = find(dataclasses.replace(memorised, epochs=higher), "training_curves")
    assert finding.status is Status.FAILURE
    assert finding.figure == 1
