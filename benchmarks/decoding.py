"""What decoding costs: `generate` in data order in batches of 8, beside this repository's decoders, on the same model.

python benchmarks/decoding.py CHECKPOINT PREPARED [--rounds 3] [--dialogues 200]

CHECKPOINT is a directory such as models/epoch-010, PREPARED one such as data/prepared. The test dialogues of PREPARED
are decoded in three ways: greedily and with 4 beams under the settings of params.yaml, and with 4 beams and no penalty
or n-gram block, which CTranslate2 applies differently. Each round runs every way, so that a machine that slows down
slows all. The figures are medians, and ratios within a round; loading and conversion don't count. The table also says
how many summaries equal those of `generate`, and the ROUGE of all. Prints rows for benchmarks/README.md.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import transformers
import typer

from beamline.core.params import Generation, Params, read_params
from beamline.decoding.backends import build_decoder
from beamline.decoding.transformers_backend import Decoder
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import read_split
from beamline.metrics import Scorer
from beamline.models.families.seq2seq import source_tensors
from beamline.models.weights import load_model

BATCH = 8
CPU = torch.device("cpu")
SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {"num_beams": 1},
    "4 beams": {"num_beams": 4},
    "4 beams, no penalties": {"num_beams": 4, "repetition_penalty": 1.0, "no_repeat_ngram_size": 0},
}
BACKENDS = {
    "transformers, sorted": {"backend": "transformers"},
    "ctranslate2 float32": {"backend": "ctranslate2", "compute_type": "float32"},
    "ctranslate2 int8": {"backend": "ctranslate2", "compute_type": "int8"},
}
Way = Callable[[], list[str]]


def main(
    checkpoint: Path,
    prepared: Path,
    rounds: Annotated[int, typer.Option(help="Turns of each way.")] = 3,
    dialogues: Annotated[int | None, typer.Option(help="Only the first so many of the test dialogues.")] = None,
) -> None:
    params = read_params()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(params.evaluate.threads)
    test = read_split("test", prepared)[:dialogues]
    sources = [dialogue.input_ids for dialogue in test]
    scorer = Scorer(params.rouge, [dialogue.record.references for dialogue in test], seed=params.seed)
    print(
        f"| settings | decoder | seconds | × as fast as generate | same summaries of {len(sources)} | rouge_f × 100 |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for settings, changes in SETTINGS.items():
        generation = params.generation.model_copy(update=changes)
        ways = {"generate": generate_in_data_order(checkpoint, generation, params, sources)}
        for name, backend in BACKENDS.items():
            ways[name] = decode(checkpoint, generation.model_copy(update=backend), params, sources)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        texts: dict[str, list[str]] = {}
        for _ in range(rounds):
            for name, way in ways.items():
                start = time.perf_counter()
                texts[name] = way()
                seconds[name].append(time.perf_counter() - start)
        for name in ways:
            same = sum(mine == theirs for mine, theirs in zip(texts[name], texts["generate"], strict=True))
            ratios = [peer / own for peer, own in zip(seconds["generate"], seconds[name], strict=True)]
            score = scorer.headline_scores(texts[name]).mean()
            print(
                f"| {settings} | {name} | {statistics.median(seconds[name]):.2f} | {statistics.median(ratios):.2f} "
                f"| {same} | {100 * score:.2f} |",
                flush=True,
            )


def generate_in_data_order(checkpoint: Path, generation: Generation, params: Params, sources: list[list[int]]) -> Way:
    codec = TextCodec.load(checkpoint)
    decoder = Decoder(load_model(checkpoint), codec, generation, params.padding, CPU)

    @torch.inference_mode()
    def way() -> list[str]:
        texts: list[str] = []
        for start in range(0, len(sources), BATCH):
            rows = sources[start : start + BATCH]
            inputs = source_tensors(rows, codec.encoding, max(map(len, rows)))
            generated = decoder.model.generate(**inputs, generation_config=decoder.config)
            texts += codec.decode([row[1:] for row in generated.tolist()])
        return texts

    return way


def decode(checkpoint: Path, generation: Generation, params: Params, sources: list[list[int]]) -> Way:
    decoder = build_decoder(checkpoint, TextCodec.load(checkpoint), generation, params.padding, CPU)

    def way() -> list[str]:
        budget = params.evaluate.tokens_per_batch
        summaries = decoder.summaries(sources, tokens_per_batch=budget, seed=params.seed, description="")
        return [summary.text for summary in summaries]

    return way


if __name__ == "__main__":
    typer.run(main)
