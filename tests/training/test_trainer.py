"""What the trainer measures beside the training, which must not change it."""

from pathlib import Path

import pytest
import torch

from beamline.diagnosis.evidence import Evidence
from beamline.encoding.prepared import examples
from beamline.models.weights import load_model
from beamline.training.trainer import SummarizationTrainer, training_arguments


@pytest.mark.slow
def test_the_sample_that_is_recorded_draws_nothing_from_the_generator_of_dropout(
    healthy: Evidence, tmp_path: Path
) -> None:
    assert healthy.checkpoint and healthy.params and healthy.codec and healthy.splits
    trainer = SummarizationTrainer(
        load_model(healthy.checkpoint),
        training_arguments(healthy.params, tmp_path),
        healthy.params,
        healthy.codec,
        training=examples(healthy.splits["train"]),
        validation=examples(healthy.splits["validation"]),
        sample=examples(healthy.splits["validation"], [0, 2]),
        validation_bytes=1,
    )
    torch.manual_seed(1)
    assert trainer.evaluate()["sample_loss"] > 0
    after = torch.get_rng_state()
    torch.manual_seed(1)
    torch.empty((), dtype=torch.int64).random_()  # the seed that the loader of validation draws for its workers
    assert torch.equal(after, torch.get_rng_state())
