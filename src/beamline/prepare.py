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
from beamline.data.splits import RawSplit, find_tokens
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
    """Yield how the texts of validation and test differ in form from those of train: one sentence for each kind.

    A dialogue that is in a split several times counts once, because copies would make chance look certain.
    """
    train = draw_texts(corpus.train)
    for split in ("validation", "test"):
        own = draw_texts(getattr(corpus, split))
        for (kind, texts), others in zip(own.items(), train.values(), strict=True):
            for difference in find_differences(texts, others, seed=0)[:1]:
                sentence = difference.sentence(f"{split} {kind}", f"train {kind}")
                yield f"{split} differs from train: {sentence}"


def draw_texts(split: RawSplit) -> dict[str, list[str]]:
    """Return different dialogues of a split and their first summaries, at most `TEXTS`; no summaries if some lack."""
    drawn = frozenset(draw_rows(len(split), TEXTS, seed=0))
    dialogues = {dialogue.dialogue: dialogue for row, dialogue in enumerate(split) if row in drawn}.values()
    has_summaries = all(dialogue.references for dialogue in dialogues)
    return {
        "dialogues": [dialogue.dialogue for dialogue in dialogues],
        "summaries": [dialogue.references[0] for dialogue in dialogues] if has_summaries else [],
    }


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
