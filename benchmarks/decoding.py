"""What decoding costs: `generate` in data order in batches of 8, beside this repository's decoders, on the same model.

python benchmarks/decoding.py CHECKPOINT PREPARED [ROUNDS]     such as: models/epoch-010 data/prepared

The test dialogues of PREPARED, greedily and with 4 beams, everything else as in params.yaml. In each round every way is
timed beside `generate`, by turns, so that a machine that slows down slows both; medians, loading and conversion not
counted. The same table says how many summaries are those of `generate`, letter for letter, and what ROUGE makes of the
others. Prints rows for benchmarks/README.md.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers

from beamline.backends import build_decoder
from beamline.batching import source_tensors
from beamline.decoding import Decoder
from beamline.model import load_model
from beamline.params import Generation, Params, read_params
from beamline.prepared import read_split
from beamline.rouge import RougeScorer
from beamline.text import TextCodec

BATCH = 8
CPU = torch.device("cpu")


def main(checkpoint: Path, prepared: Path, rounds: int = 5, params: Params | None = None) -> None:
    params = params or read_params()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(params.evaluate.threads)
    dialogues = read_split("test", prepared)
    sources = [each.input_ids for each in dialogues]
    scorer = RougeScorer(params.rouge, [each.record.references for each in dialogues], seed=params.seed)
    print(f"| beams | decoder | seconds | × as fast as generate | same summaries of {len(sources)} | rouge_f × 100 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for num_beams in (1, 4):
        settings = params.generation.model_copy(update={"num_beams": num_beams})
        ways = {"generate": generate_in_data_order(checkpoint, settings, params, sources)}
        for backend, compute_type in (("transformers", "float32"), ("ctranslate2", "float32"), ("ctranslate2", "int8")):
            chosen = settings.model_copy(update={"backend": backend, "compute_type": compute_type})
            name = backend if backend == "transformers" else f"{backend} {compute_type}"
            ways[name] = sorted_by_length(checkpoint, chosen, params, sources)
        seconds, beside, texts = alternate(ways, rounds)
        for name in ways:
            same = sum(mine == theirs for mine, theirs in zip(texts[name], texts["generate"], strict=True))
            ratio = statistics.median(peer / own for peer, own in zip(beside[name], seconds[name], strict=True))
            score = scorer.score(texts[name]).headline.means()["rouge_f"]
            print(
                f"| {num_beams} | {name} | {statistics.median(seconds[name]):.2f} | {ratio:.2f} "
                f"| {same} | {100 * score:.2f} |"
            )


def alternate(
    ways: dict[str, Callable[[], list[str]]], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, list[str]]]:
    """Seconds of each way, seconds of `generate` just before it, and the texts."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    beside: dict[str, list[float]] = {name: [] for name in ways}
    texts: dict[str, list[str]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            if name != "generate":
                peer, _ = timed(ways["generate"])
                beside[name].append(peer)
            taken, texts[name] = timed(way)
            seconds[name].append(taken)
    beside["generate"] = seconds["generate"]
    return seconds, beside, texts


def timed(way: Callable[[], list[str]]) -> tuple[float, list[str]]:
    start = time.perf_counter()
    texts = way()
    return time.perf_counter() - start, texts


def generate_in_data_order(
    checkpoint: Path, generation: Generation, params: Params, sources: list[list[int]]
) -> Callable[[], list[str]]:
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


def sorted_by_length(
    checkpoint: Path, generation: Generation, params: Params, sources: list[list[int]]
) -> Callable[[], list[str]]:
    decoder = build_decoder(checkpoint, TextCodec.load(checkpoint), generation, params.padding, CPU)

    def way() -> list[str]:
        budget = params.evaluate.tokens_per_batch
        summaries = decoder.summaries(sources, tokens_per_batch=budget, seed=params.seed, description="")
        return [each.text for each in summaries]

    return way


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
