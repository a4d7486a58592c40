"""The `prepare` stage: check the raw dialogues, build or load the tokenizer, write token ids and statistics.

python -m beamline.prepare

The data may be larger than memory: every step reads the files anew, a few dialogues at a time.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from rich.console import Console
from rich.progress import track

from beamline.core import paths
from beamline.core.errors import run
from beamline.core.files import replaced_directory, write_json
from beamline.core.params import Params, read_params
from beamline.core.records import Dialogue
from beamline.data.corpus import Corpus, check_corpus
from beamline.data.problems import Problems
from beamline.data.splits import find_tokens
from beamline.data.two_sample import TEXTS, find_differences
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.overview import find_warnings, split_table
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
        refuse_special_tokens(corpus, codec)
        codec.save(directory / "tokenizer")
        statistics = {split: SplitStatistics(codec) for split in SPLITS}
        for split in SPLITS:
            dialogues = getattr(corpus, split)
            encoded = track(encode_dialogues(dialogues, codec), f"encoding {split}", len(dialogues))
            write_split(directory, split, statistics[split].count(encoded))
        write_json(directory / "statistics.json", corpus_statistics(statistics, codec, corpus.warnings))
    Console().print(split_table(statistics))
    for line in describe_cuts(statistics, codec.encoding):
        print(line)
    for warning in chain(
        find_warnings(statistics, codec.encoding, find_positions(params, codec)), describe_differences(corpus)
    ):
        print(f"warning: {warning}")


def check_scoring(params: Params, corpus: Corpus) -> None:
    """Raise `BeamlineError` for references or settings that `evaluate` would refuse after the training."""
    for dialogues in (corpus.validation, corpus.test):
        references, sources = zip(*((dialogue.references, dialogue.dialogue) for dialogue in dialogues), strict=True)
        if any(references):
            Scorer(params.rouge, references, sources, headline=params.metrics.headline, seed=0)


def refuse_special_tokens(corpus: Corpus, codec: TextCodec) -> None:
    """Raise `BeamlineError` for texts that hold a special token of the tokenizer, as `</s>` left by another program.

    It would be read as the end of a summary, or as padding, and not as text.
    """
    unknown = codec.tokenizer.unk_token
    tokens = [token for token in codec.tokenizer.all_special_tokens if token != unknown]
    problems = Problems()
    for split in SPLITS:
        find_tokens(getattr(corpus, split), tokens, problems)
    problems.refuse_rows()


def describe_differences(corpus: Corpus) -> Iterator[str]:
    """Yield how the texts of test differ in form from those of train, if they do: one sentence for each kind."""
    train, test = (
        [dialogues for row, dialogues in enumerate(split) if row in drawn]
        for split, drawn in (
            (split, frozenset(draw_rows(len(split), TEXTS, seed=0))) for split in (corpus.train, corpus.test)
        )
    )
    kinds = {"dialogues": [[row.dialogue for row in side] for side in (test, train)]}
    if all(row.references for row in test):
        kinds["summaries"] = [[row.references[0] for row in side] for side in (test, train)]
    for name, (texts, others) in kinds.items():
        for difference in find_differences(texts, others, seed=0)[:1]:
            yield f"test differs from train: {difference.sentence(f'test {name}', f'train {name}')}"


def find_positions(params: Params, codec: TextCodec) -> tuple[int | None, int | None]:
    """Return how many tokens the model takes of a dialogue and of a summary; None if that has no limit.

    A model from nothing is built with as many positions as params.yaml asks for.
    """
    if params.model.name is None:
        return None, None
    config = Checkpoint(params.model.name, params.model.revision).config()
    return codec.family.position_limits(config, params.tokenizer.max_source_tokens)


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
