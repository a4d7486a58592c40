"""How fast training is: Beamline's batches against the usual recipe and against fixed padding, on DialogSum.

python benchmarks/training.py DIALOGSUM_DIRECTORY [--steps 12] [--rounds 9] [--epoch beamline --epoch usual]
On a GPU: python benchmarks/training.py DIALOGSUM_DIRECTORY --size base --batch 64 --tokens-per-batch 10000 --steps 100

Ways to train one model, a BART trained from nothing, on a GPU in bf16 if it has that, else with 2 threads in single
precision: `beamline`, the train stage's own trainer; `usual`, transformers' Seq2SeqTrainer with its collator, in random
order, 16 dialogues a batch, padded to the batch's longest; `fixed`, the same with dialogues padded to 512 tokens and
summaries to 128; `fixed-512`, both padded to 512. Beamline's optimizer steps are of `--accumulation` batches, each of
other lengths, within `--tokens-per-batch`: two, since dialogues of one length alone are worse teachers than mixed ones,
and no smaller ones, since these take longer; together they hold as many dialogues as a step of the other ways.

Speed is real source tokens (padding is none) a second of the whole training step, data loading included. The ways take
turns and each round draws other batches, so that a machine that slows down slows all; medians over the rounds, ratios
within a round. The first steps of a turn, which allocate, are not counted.

Floating-point operations are those of the matrix products, forward and backward, in all positions of a batch, padding
included: torch's FlopCounterMode counts them for each timed batch's shape on a copy of the model without memory (the
`meta` device), attention written out as products. What is not a product (softmax, normalization, dropout, optimizer)
counts as nothing. Their rate is set against that of products of large square matrices in the same precision, measured
before and after the same turn. Counted likewise for the other ways, they say how much faster Beamline would be if all
made equally good use of the machine.

The validation losses after one epoch are taken with the code of the train stage, for each `--epoch`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import torch
import transformers
import typer
from rich.console import Console
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    BartForConditionalGeneration,
    DataCollatorForSeq2Seq,
    Seq2SeqTrainer,
    Trainer,
    TrainerCallback,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback

from beamline.core.params import Params, read_params
from beamline.data.corpus import check_corpus
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example, encode_split, examples
from beamline.models.scratch import build_model
from beamline.prepare import build_or_load_codec
from beamline.training.batching import Collator, LengthBucketedBatches
from beamline.training.loss import measure_loss
from beamline.training.trainer import SummarizationTrainer, repeat_exactly, resolve_precision, training_arguments

WAYS = ("beamline", "usual", "fixed", "fixed-512")
FIXED_TARGET_TOKENS = {"fixed": 128, "fixed-512": 512}
WARM_STEPS = 3
SIDE = {"cpu": 2048, "cuda": 8192}  # of the matrices whose product is the machine's rate
SETTINGS: dict[str, dict[str, Any]] = {
    "tokenizer": {"max_source_tokens": 512, "max_target_tokens": 128},
    "model": {"name": None},
    "train": {"num_train_epochs": 1, "learning_rate": 0.001, "warmup_steps": 100, "precision": "auto", "threads": 2},
}
SCRATCH = {"family": "bart", "dropout": 0.1}
SIZES = {
    "small": {"d_model": 256, "layers": 3, "attention_heads": 4, "ffn_dim": 1024},
    "base": {"d_model": 768, "layers": 6, "attention_heads": 12, "ffn_dim": 3072},  # as facebook/bart-base
}
VOCABULARY = {"small": 8000, "base": 32000}


@dataclass
class Turn:
    """What one turn of one way did. shapes: (batch, source, target) of its counted batches; seconds: for them all."""

    source_tokens: int = 0
    shapes: list[tuple[int, int, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        return self.source_tokens / self.seconds

    @property
    def real_share(self) -> float:
        return self.source_tokens / sum(batch * source for batch, source, _ in self.shapes)


class Bench:
    """The corpus as token ids, and a trainer for each way over it."""

    def __init__(
        self,
        directory: Path,
        size: str,
        batch: int,
        accumulation: int,
        tokens_per_batch: int,
        dialogues: int | None,
    ) -> None:
        params = read_params(Path(__file__).parents[1] / "params.yaml")
        corpus = check_corpus(params.data.model_copy(update={"path": str(directory)}))
        updates = {name: getattr(params, name).model_copy(update=values) for name, values in SETTINGS.items()}
        scratch = {"scratch": params.model.scratch.model_copy(update=SCRATCH | SIZES[size])}
        vocabulary = {"vocabulary_size": VOCABULARY[size]}
        updates["model"] = updates["model"].model_copy(update=scratch)
        updates["tokenizer"] = updates["tokenizer"].model_copy(update=vocabulary)
        params = params.model_copy(update=updates)
        self.batch = batch
        self.accumulation = accumulation
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = torch.bfloat16 if resolve_precision(params.train.precision) == "bf16" else torch.float32
        self.codec: TextCodec = build_or_load_codec(params, corpus)
        self.training = examples(encode_split(islice(corpus.train, dialogues), self.codec))
        self.validation = examples(encode_split(corpus.validation, self.codec))
        self.operations: dict[tuple[int, int, int], int] = {}  # of a batch's shape, counted once
        batches = {"tokens_per_batch": tokens_per_batch, "gradient_accumulation_steps": accumulation}
        self.params: Params = params.model_copy(update={"train": params.train.model_copy(update=batches)})

    def model(self, seed: int) -> BartForConditionalGeneration:
        set_seed(seed)
        return build_model(self.params.model.scratch, self.codec.encoding, len(self.codec.tokenizer))

    def trainer(self, way: str, seed: int, directory: Path, steps: int = -1) -> Trainer:
        """steps: stop after so many; -1: after an epoch."""
        params = self.params.model_copy(update={"seed": seed})
        arguments = training_arguments(params, directory)
        arguments.max_steps = steps
        arguments.eval_strategy = transformers.IntervalStrategy.NO
        model = self.model(seed)
        if torch.cuda.is_available():  # what repeats bit for bit on a GPU may cost Beamline some speed, and no peer
            torch.use_deterministic_algorithms(way == "beamline")
        if way == "beamline":
            trainer: Trainer = SummarizationTrainer(
                model,
                arguments,
                params,
                self.codec,
                self.training,
                self.validation,
                sample=self.validation,
                validation_bytes=1,
            )
        else:
            arguments.per_device_train_batch_size = self.batch
            arguments.gradient_accumulation_steps = 1
            arguments.dataloader_pin_memory = True  # as it is left alone
            rows = [{"input_ids": example.input_ids, "labels": example.labels} for example in self.training]
            trainer = Seq2SeqTrainer(
                model, arguments, train_dataset=rows, data_collator=self._usual_collator(way, model)
            )
            trainer.remove_callback(PrinterCallback)
        return trainer

    def _usual_collator(self, way: str, model: BartForConditionalGeneration) -> Callable[..., Any]:
        if way == "usual":
            usual: Callable[..., Any] = DataCollatorForSeq2Seq(self.codec.tokenizer, model=model)
            return usual
        padding = self.params.padding.model_copy(update={"mode": "max_length"})
        fixed = Collator(replace(self.codec.encoding, max_target_tokens=FIXED_TARGET_TOKENS[way]), padding)
        return lambda rows: fixed([Example("", **row) for row in rows])

    def turn(self, way: str, seed: int, steps: int) -> Turn:
        """`steps` counted steps of one way."""
        with tempfile.TemporaryDirectory() as directory:
            trainer = self.trainer(way, seed, Path(directory), WARM_STEPS + steps)
            clock = Clock(trainer.data_collator)
            trainer.data_collator = clock.collate
            trainer.add_callback(clock)
            trainer.train()
        return clock.turn

    def loss_after_epoch(self, way: str, seed: int) -> float:
        """Return the validation loss in nats per token."""
        with tempfile.TemporaryDirectory() as directory:
            trainer = self.trainer(way, seed, Path(directory))
            trainer.train()
        batches = LengthBucketedBatches(self.validation, tokens_per_batch=self.params.train.tokens_per_batch, seed=0)
        collator = Collator(self.codec.encoding, self.params.padding)
        loader = (collator([self.validation[row] for row in batch]) for batch in batches)
        return measure_loss(trainer.model, loader, self.device).loss

    def count_operations(self, shapes: list[tuple[int, int, int]]) -> int:
        """Return the floating-point operations of the matrix products of training on batches of these shapes."""
        with torch.device("meta"):
            model = build_model(self.params.model.scratch, self.codec.encoding, len(self.codec.tokenizer))
        model.set_attn_implementation("eager")
        for shape in set(shapes) - self.operations.keys():
            batch, source, target = shape
            read, written = (
                torch.empty(batch, length, dtype=torch.int64, device="meta") for length in (source, target)
            )
            with FlopCounterMode(display=False) as counter:
                model(input_ids=read, decoder_input_ids=written, labels=written, use_cache=False).loss.backward()
            self.operations[shape] = counter.get_total_flops()
        return sum(self.operations[shape] for shape in shapes)

    def product_rate(self) -> float:
        """Return the floating-point operations a second of a square matrix product, in the training's precision."""
        side = SIDE[self.device.type]
        left, right = torch.rand(2, side, side, dtype=self.dtype, device=self.device)
        torch.mm(left, right)
        start = now()
        for _ in range(5):
            torch.mm(left, right)
        return 5 * 2 * side**3 / (now() - start)


def now() -> float:
    """Return the time in seconds, once a GPU has done all that was asked of it."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class Clock(TrainerCallback):
    """Times the steps of a trainer after the first few, and notes the batches that they are given."""

    def __init__(self, collator: Callable[..., dict[str, torch.Tensor]]) -> None:
        self.collator = collator
        self.batches: list[tuple[int, int, int]] = []
        self.tokens: list[int] = []
        self.turn = Turn()

    def collate(self, rows: Any) -> dict[str, torch.Tensor]:
        batch = self.collator(rows)
        self.batches.append((*batch["input_ids"].shape, batch["labels"].shape[1]))
        self.tokens.append(int(batch["attention_mask"].sum()))
        return batch

    def on_step_end(self, arguments: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == WARM_STEPS:
            self.turn.seconds = -now()
        elif state.global_step == state.max_steps:
            self.turn.seconds += now()
            accumulated = arguments.gradient_accumulation_steps
            counted = slice(WARM_STEPS * accumulated, state.max_steps * accumulated)  # a loader may be a batch ahead
            self.turn.shapes, self.turn.source_tokens = self.batches[counted], sum(self.tokens[counted])


def main(
    directory: Annotated[Path, typer.Argument(metavar="DIALOGSUM_DIRECTORY")],
    rounds: Annotated[int, typer.Option(help="Turns of each way.")] = 9,
    steps: Annotated[int, typer.Option(help="Counted steps of a turn; with fixed padding a fourth of them.")] = 12,
    epoch: Annotated[
        list[str] | None, typer.Option(help="A way whose validation loss after one epoch is measured.")
    ] = None,
    size: Annotated[str, typer.Option(help="Of the model: small (8 M parameters) or base, as BART-base.")] = "small",
    batch: Annotated[int, typer.Option(help="Dialogues of a batch with the other ways.")] = 16,
    accumulation: Annotated[int, typer.Option(help="Beamline's batches of an optimizer step.")] = 2,
    tokens_per_batch: Annotated[int, typer.Option(help="Beamline's budget of a batch.")] = 1950,
    dialogues: Annotated[int | None, typer.Option(help="Use only the first so many of the training dialogues.")] = None,
    seed: int = 42,
) -> None:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    console = Console(stderr=True)
    repeat_exactly()
    bench = Bench(directory, size, batch, accumulation, tokens_per_batch, dialogues)
    torch.set_num_threads(bench.params.train.threads)

    turns: dict[str, list[Turn]] = {way: [] for way in WAYS}
    shares: list[float] = []
    rates: list[float] = []
    for number in range(rounds):
        before = bench.product_rate()
        done = bench.turn("beamline", seed + number, steps)
        rates.append((before + bench.product_rate()) / 2)
        shares.append(bench.count_operations(done.shapes) / done.seconds / rates[-1])
        turns["beamline"].append(done)
        turns["usual"].append(bench.turn("usual", seed + number, steps))
        for way in FIXED_TARGET_TOKENS:
            turns[way].append(bench.turn(way, seed + number, -(-steps // 4)))
        latest = ", ".join(f"{way} {runs[-1].speed:,.0f}" for way, runs in turns.items())
        console.print(f"round {number + 1}: {latest} source tokens/s; {rates[-1] / 1e9:.0f} GFLOP/s, {shares[-1]:.0%}")

    losses = {}
    for way in epoch or ():
        losses[way] = bench.loss_after_epoch(way, seed)
        console.print(f"{way}: validation loss {losses[way]:.4f} after one epoch")

    parameters = sum(parameter.numel() for parameter in bench.model(seed).parameters())
    reached = f"{statistics.median(shares):.0%} of that ({min(shares):.0%} to {max(shares):.0%})"
    print(
        f"BART of {parameters / 1e6:.1f} M parameters, {len(bench.training):,} dialogues, {rounds} rounds of {steps}"
        f" steps, {accumulation} batches of {bench.params.train.tokens_per_batch:,} tokens a step. Matrix products:"
        f" {statistics.median(rates) / 1e9:.0f} GFLOP/s; beamline's training: {reached}.\n"
    )
    operations = {
        way: sum(bench.count_operations(turn.shapes) for turn in runs) / sum(turn.source_tokens for turn in runs)
        for way, runs in turns.items()
    }
    print(
        "| training | source tokens/s | real tokens in batches | operations a real token | Beamline is faster by"
        " | validation loss, 1 epoch |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for way, runs in turns.items():
        ratios = [ours.speed / other.speed for ours, other in zip(turns["beamline"], runs, strict=True)]
        print(
            f"| {way} | {statistics.median(turn.speed for turn in runs):,.0f}"
            f" | {statistics.median(turn.real_share for turn in runs):.0%}"
            f" | {operations[way] / operations['beamline']:.2f} ×"
            f" | {statistics.median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
            f" | {f'{losses[way]:.4f}' if way in losses else 'not measured'} |"
        )


if __name__ == "__main__":
    typer.run(main)
