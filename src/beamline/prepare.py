"""The `prepare` stage: check the raw dialogues, build or load the tokenizer, write token ids and statistics.

python -m beamline.prepare

The data may be larger than memory: every step reads the files anew, a few dialogues at a time.
"""

from collections.abc import Iterable, Iterator

from rich.progress import track

from beamline.core import paths
from beamline.core.errors import run
from beamline.core.files import replaced_directory, write_json
from beamline.core.params import Params, read_params
from beamline.core.records import Dialogue
from beamline.data.corpus import Corpus, check_corpus
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.prepared import SPLITS, draw_rows, encode_dialogues, write_split
from beamline.encoding.statistics import SplitStatistics, corpus_statistics, describe_cuts
from beamline.encoding.tags import choose_tags
from beamline.metrics import Scorer
from beamline.models.checkpoint import Checkpoint

LEARNED_FROM = 20_000  # dialogues; more of them cost time and hardly save tokens (benchmarks/README.md)


def main() -> None:
    params = read_params()
    with replaced_directory(paths.PREPARED) as directory:
        corpus = check_corpus(params.data)
        for warning in corpus.warnings:
            print(f"warning: {warning}")
        if corpus.leaks:
            print(f"all of them are listed in {corpus.leaks}")
        check_scoring(params, corpus)
        codec = build_or_load_codec(params, corpus)
        codec.save(directory / "tokenizer")
        statistics = {split: SplitStatistics(codec) for split in SPLITS}
        for split in SPLITS:
            dialogues = getattr(corpus, split)
            encoded = track(encode_dialogues(dialogues, codec), f"encoding {split}", len(dialogues))
            write_split(directory, split, statistics[split].count(encoded))
        write_json(directory / "statistics.json", corpus_statistics(statistics, codec, corpus.warnings))
    for line in describe_cuts(statistics, codec.encoding):
        print(line)


def check_scoring(params: Params, corpus: Corpus) -> None:
    """Raise `BeamlineError` for references or settings that `evaluate` would refuse after the training."""
    for dialogues in (corpus.validation, corpus.test):
        references, sources = zip(*((dialogue.references, dialogue.dialogue) for dialogue in dialogues), strict=True)
        if any(references):
            Scorer(params.rouge, references, sources, headline=params.metrics.headline, seed=0)


def build_or_load_codec(params: Params, corpus: Corpus) -> TextCodec:
    """Return the checkpoint's tokenizer, or one learned from the training split; both know that split's speakers.

    A tokenizer is learned from `LEARNED_FROM` of the dialogues if there are more.
    """
    tags = choose_tags((dialogue.dialogue for dialogue in corpus.train), params.tokenizer.speaker_tokens)
    if params.model.name is None:
        drawn = frozenset(draw_rows(len(corpus.train), LEARNED_FROM, seed=0))
        sample = (dialogue for row, dialogue in enumerate(corpus.train) if row in drawn)
        return build_codec(params.tokenizer, read_texts(sample), tags)
    return load_codec(params.tokenizer, params.model, Checkpoint(params.model.name, params.model.revision), tags)


def read_texts(dialogues: Iterable[Dialogue]) -> Iterator[str]:
    """Yield each dialogue, followed by its references."""
    return (text for dialogue in dialogues for text in (dialogue.dialogue, *dialogue.references))


if __name__ == "__main__":
    run(main)
