"""The `train` stage: fine-tune a checkpoint, or train a small model from nothing, and keep the best few checkpoints.

python -m beamline.train
"""

import os
import shutil
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
import transformers
from rich.console import Console
from transformers import PreTrainedModel, set_seed

from beamline.core import paths, processes
from beamline.core.errors import BeamlineError, run
from beamline.core.files import replaced_directory, replaced_texts, to_json, write_json
from beamline.core.params import Params, read_params
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows, examples, read_codec, read_split
from beamline.models.adapters import add_adapter, count_parameters
from beamline.models.checkpoint import Checkpoint
from beamline.models.scratch import build_model
from beamline.models.weights import load_pretrained
from beamline.training.epochs import AfterEpoch, KeptCheckpoint
from beamline.training.resume import SaveProgress, share_newest
from beamline.training.tracking import Tracker
from beamline.training.trainer import SummarizationTrainer, repeat_exactly, resolve_precision, training_arguments
from beamline.training.work import Work, work_directory


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
            validation_bytes=sum(len(text.encode()) for row in validation for text in row.record.references),
        )
        newest = share_newest(work)
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
