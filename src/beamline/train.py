"""The `train` stage: fine-tune a checkpoint, or train a small model from nothing, and keep the best few checkpoints.

python -m beamline.train
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
import transformers
from rich.console import Console
from transformers import PreTrainedModel, set_seed

from beamline.core import paths, processes
from beamline.core.errors import BeamlineError, run
from beamline.core.files import replaced_directory, replaced_texts, to_json, write_json
from beamline.core.params import Params, read_params
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import SAMPLE, draw_rows, examples, read_codec, read_split
from beamline.models.adapters import add_adapter, count_parameters
from beamline.models.checkpoint import Checkpoint
from beamline.models.positions import check_max_length
from beamline.models.scratch import build_model
from beamline.models.weights import load_pretrained
from beamline.training.epochs import AfterEpoch, KeptCheckpoint
from beamline.training.record import describe_environment
from beamline.training.resume import SaveProgress, share_newest
from beamline.training.tracking import Tracker
from beamline.training.trainer import SummarizationTrainer, repeat_exactly, resolve_precision, training_arguments
from beamline.training.work import Work, work_directory

_MANY = 0.01  # share of summaries


def main() -> None:
    params = read_params()
    processes.check_gpus(params.train.processes)
    if params.train.processes > 1 and processes.LAUNCHED not in os.environ:
        processes.launch("train", params.train.processes, params.train.threads)
    else:
        processes.check_count(params.train.processes)
        processes.run_and_leave("nccl" if torch.cuda.is_available() else "gloo", partial(train, params))


def train(params: Params) -> None:
    """Do everything that the stage does, in this process. Only the first of several processes writes."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(params.train.threads)
    repeat_exactly()
    set_seed(params.seed)

    codec = read_codec()
    training, validation = read_split("train"), read_split("validation")
    drawn = draw_rows(len(training), params.train.max_examples or len(training), params.seed)
    root = Path(os.environ.get("DVC_ROOT", "."))
    work = Work(work_directory(root, params, paths.PREPARED))
    arguments = training_arguments(params, work.unfinished)
    fewest = min(len(drawn), len(validation))
    if fewest < params.train.processes:
        raise BeamlineError(
            f"train.processes: {params.train.processes} processes can't share {fewest} dialogues; lower it"
        )
    first = arguments.process_index == 0

    def say_waiting() -> None:
        print(f"train: another run trains the same, waiting for it to end ({work.directory})", flush=True)

    with work.held(say_waiting) if first else nullcontext():
        trainer = SummarizationTrainer(
            build_or_load_model(params, codec),
            arguments,
            params,
            codec,
            training=examples(training, drawn),
            validation=examples(validation),
            sample=examples(validation, draw_rows(len(validation), SAMPLE, params.seed)),
            validation_bytes=sum(len(text.encode()) for row in validation for text in row.record.references),
        )
        check_max_length(
            params.generation, codec.encoding, trainer.model.config
        )  # evaluate would be the first to say it
        newest = share_newest(work)
        if first and params.train.num_train_epochs:
            for warning in find_warnings(trainer, training.read_target_tokens(drawn)):
                print(f"train: warning: {warning}", flush=True)
        if not first:
            trainer.add_callback(SaveProgress(trainer, work, params.train.save_seconds, newest, epochs=None))
            train_or_evaluate(trainer, newest)
            return
        experiment = os.environ.get("DVC_EXP_NAME", "workspace")
        with (
            Tracker(params, stage="train", experiment=experiment, root=root, curves=paths.CURVES) as tracker,
            replaced_texts() as write,
            replaced_directory(paths.MODELS) as directory,
        ):
            source_tokens = int(trainer.train_dataset.lengths[:, 0].sum())
            after_epoch = AfterEpoch(work.kept, codec, tracker, params.train.keep, source_tokens, Console())
            trainer.add_callback(after_epoch)
            trainer.add_callback(SaveProgress(trainer, work, params.train.save_seconds, newest, after_epoch))
            with after_epoch.progress:
                train_or_evaluate(trainer, newest)
            for checkpoint in after_epoch.kept:
                shutil.copytree(work.kept / checkpoint.name, directory / checkpoint.name)
            # A failed write is known here, while all earlier outputs are whole. They are replaced as the block ends.
            metrics = build_metrics(trainer, after_epoch.kept[0], dialogues=len(drawn))
            write_json(directory / paths.CHECKPOINTS.name, [asdict(checkpoint) for checkpoint in after_epoch.kept])
            write_json(directory / paths.TRAINING_RECORD.name, build_record(trainer))
            write(paths.TRAIN_METRICS, to_json(metrics))
            tracker.record_final(metrics)
        work.finish(paths.MODELS)


def train_or_evaluate(trainer: SummarizationTrainer, newest: str | None) -> None:
    """Train, from the checkpoint `newest` if there is one; without epochs, validate the model as it is."""
    if trainer.params.train.num_train_epochs == 0:
        trainer.evaluate()
    else:
        trainer.train(resume_from_checkpoint=newest)


def build_or_load_model(params: Params, codec: TextCodec) -> PreTrainedModel:
    """Return the model to train: `model.name`'s, or a small one with random weights; with adapters if asked for."""
    vocabulary = len(codec.tokenizer)
    if params.model.name is None:
        if params.train.lora.rank > 0:
            raise BeamlineError("train.lora.rank: a model from nothing has no weights to adapt; set it to 0")
        return build_model(params.model.scratch, codec.encoding, vocabulary)
    model = load_pretrained(Checkpoint(params.model.name, params.model.revision), codec.encoding, vocabulary)
    if params.train.lora.rank == 0 or params.train.num_train_epochs == 0:
        return model
    return add_adapter(model, params.train.lora, codec.encoding)


def find_warnings(trainer: SummarizationTrainer, targets: Sequence[int]) -> Iterator[str]:
    """Yield what the parameters imply and nobody wants, with numbers, before it costs a training.

    targets: the lengths of the training summaries in tokens, before they were cut.
    """
    train, limits = trainer.params.train, trainer.data_collator.encoding
    batches = len(trainer.get_train_dataloader())
    steps = train.num_train_epochs * max(1, -(-batches // train.gradient_accumulation_steps))
    if steps <= train.warmup_steps:
        yield (
            f"train.warmup_steps: {train.warmup_steps:,} steps of warm-up, and the training has {steps:,}: it never"
            f" gets to train.learning_rate; set it to {steps // 10}"
        )
    cut = sum(tokens > limits.max_target_tokens for tokens in targets)
    if cut > _MANY * len(targets):
        yield (
            f"tokenizer.max_target_tokens: {limits.max_target_tokens} cuts {cut:,} of {len(targets):,} summaries;"
            f" {max(targets)} holds the longest"
        )
    room = trainer.params.generation.max_length
    long = sum(min(tokens, limits.max_target_tokens) > room for tokens in targets)
    if long > _MANY * len(targets):
        yield (
            f"generation.max_length: {room} is shorter than {long:,} of {len(targets):,} training summaries;"
            f" {min(max(targets), limits.max_target_tokens) + 1} is room for all"
        )


def build_record(trainer: SummarizationTrainer) -> dict[str, Any]:
    """Return models/training.json: where the training ran, and its first batches."""
    train = trainer.params.train
    environment = describe_environment(train.threads, resolve_precision(train.precision))
    return {**environment, "processes": trainer.args.world_size, "batches": trainer.batches.state()}


def build_metrics(trainer: SummarizationTrainer, best: KeptCheckpoint, dialogues: int) -> dict[str, float | str]:
    """Return metrics/train.json: what was trained, on what, and how well the best checkpoint predicts."""
    train = trainer.params.train
    return {
        "parameters": count_parameters(trainer.model),
        "dialogues": dialogues,
        "examples": len(trainer.train_dataset),
        "steps": trainer.state.global_step,
        "tokens_per_batch": trainer.tokens_per_batch,
        "threads": train.threads,
        "processes": trainer.args.world_size,
        "precision": resolve_precision(train.precision),
        "best_epoch": best.epoch,
        "validation_loss": best.validation_loss,
        "validation_bits_per_byte": best.validation_bits_per_byte,
        "validation_token_accuracy": best.validation_token_accuracy,
    }


if __name__ == "__main__":
    run(main)
