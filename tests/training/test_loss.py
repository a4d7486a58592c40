import math

import pytest
import torch
from torch.nn import functional
from transformers import BartConfig, BartForConditionalGeneration

from beamline.models.padding import IGNORED_LABEL
from beamline.training.loss import TeacherForced, force_batches, measure_loss, training_loss

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model() -> BartForConditionalGeneration:
    torch.manual_seed(0)
    size = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    return BartForConditionalGeneration(BartConfig(vocab_size=30, max_position_embeddings=16, **size, **heads)).train()


def batch(rows: list[list[int]]) -> dict[str, torch.Tensor]:
    longest = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[5, 6, 7, 2]] * len(rows)),
        "attention_mask": torch.ones(len(rows), 4, dtype=torch.int64),
        "labels": torch.tensor([row + [IGNORED_LABEL] * (longest - len(row)) for row in rows]),
        "decoder_input_ids": torch.tensor([[2, *row[:-1]] + [1] * (longest - len(row)) for row in rows]),
    }


def test_sums_do_not_depend_on_how_the_batches_are_cut(model: BartForConditionalGeneration) -> None:
    rows = [[9, 8, 2], [7, 2], [6, 6, 6, 6, 2]]
    together = measure_loss(model, [batch(rows)], CPU)
    apart = measure_loss(model, [batch([row]) for row in rows], CPU)
    assert together.tokens == apart.tokens == 10
    assert together.correct == apart.correct
    assert together.negative_log_likelihood == pytest.approx(apart.negative_log_likelihood, rel=1e-6)


def test_loss_is_torchs_own_and_dropout_is_off_meanwhile(model: BartForConditionalGeneration) -> None:
    inputs = batch([[9, 8, 2], [7, 2]])
    measured = measure_loss(model, [inputs], CPU)
    assert model.training, "the model's mode was not put back"
    model.eval()
    with torch.no_grad():
        expected = model(**inputs).loss.item()
    model.train()
    assert measured.loss == pytest.approx(expected, rel=1e-6)


def test_losses_of_single_tokens_are_those_that_are_summed(model: BartForConditionalGeneration) -> None:
    rows = [[9, 8, 2], [7, 2]]
    measured = measure_loss(model, [batch(rows)], CPU)
    model.eval()
    [forced] = force_batches(model, [batch(rows)], CPU)
    model.train()
    assert forced.losses.shape == forced.guesses.shape == forced.labels.shape == (2, 3)
    assert forced.losses.sum().item() == pytest.approx(measured.negative_log_likelihood, rel=1e-6)
    assert forced.losses[1, 2] == 0
    assert forced.guesses.eq(forced.labels).sum() == measured.correct
    assert not forced.losses.requires_grad


def test_bits_per_byte_of_a_uniform_guess() -> None:
    guess = TeacherForced(negative_log_likelihood=10 * math.log(256), correct=0, tokens=10)
    assert guess.bits_per_byte(10) == pytest.approx(8)
    assert guess.loss == pytest.approx(math.log(256))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_training_loss_weighs_every_token_of_a_step_alike(smoothing: float) -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(3, 4, 11), torch.randint(0, 11, (3, 4))
    labels[0, 1:] = IGNORED_LABEL
    counted = int((labels != IGNORED_LABEL).sum())
    whole = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=smoothing)
    parts = [
        training_loss(
            logits[index : index + 1],
            labels[index : index + 1],
            counted,
            label_smoothing=smoothing,
            chunked=None,
        )
        for index in range(3)
    ]
    assert sum(part.item() for part in parts) == pytest.approx(whole.item(), rel=1e-6)
