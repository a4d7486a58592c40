"""What the loss in chunks (training.chunked_loss) saves in memory and costs in time, beside whole logits.

python benchmarks/loss.py [--rounds 3]

One training step, forward and backward, of a BART with BART-base's vocabulary (50,265) and 3 + 3 layers of width 512,
on batches of so many target tokens and four times as many source tokens. Each step runs in a separate process, and
is the second one there; resident memory at its highest less that before the first step, medians.
"""

import resource
import statistics
import subprocess
import sys
import time
from typing import Annotated

import torch
import typer
from torch.nn import functional
from transformers import BartConfig, BartForConditionalGeneration

from beamline.training.chunked_loss import ChunkedLoss

TARGET_LENGTH = 40
SIZE = {"d_model": 512, "encoder_layers": 3, "decoder_layers": 3, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048}


def step(kind: str, target_tokens: int) -> None:
    """Print megabytes and seconds."""
    torch.set_num_threads(2)
    torch.manual_seed(0)
    model = BartForConditionalGeneration(BartConfig(encoder_attention_heads=8, decoder_attention_heads=8, **SIZE))
    chunked = ChunkedLoss(model) if kind == "chunked" else None
    model.train()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    batch = target_tokens // TARGET_LENGTH
    sources = torch.randint(4, 50_000, (batch, 4 * TARGET_LENGTH))
    targets = torch.randint(4, 50_000, (batch, TARGET_LENGTH))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        start = time.perf_counter()
        logits = model(input_ids=sources, decoder_input_ids=targets, use_cache=False).logits
        if chunked:
            loss = chunked(targets)
        else:
            loss = functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum")
        loss.backward()  # type: ignore[no-untyped-call]
        seconds = time.perf_counter() - start
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000, seconds)


def main(
    kind: Annotated[str, typer.Argument(hidden=True)] = "",
    target_tokens: Annotated[int, typer.Argument(hidden=True)] = 0,
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 3,
) -> None:
    if kind:
        step(kind, target_tokens)
        return
    print("| target tokens | loss | memory of a step | seconds |\n| ---: | --- | ---: | ---: |")
    for tokens in (400, 1000, 3000):
        measured: dict[str, list[list[float]]] = {"whole": [], "chunked": []}
        for _ in range(rounds):
            for way, results in measured.items():
                command = [sys.executable, __file__, way, str(tokens)]
                output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                results.append([float(number) for number in output.split()])
        for way, results in measured.items():
            megabytes, seconds = (statistics.median(column) for column in zip(*results, strict=True))
            print(f"| {tokens:,} | {way} | {megabytes:,.0f} MB | {seconds:.2f} |")


if __name__ == "__main__":
    typer.run(main)
