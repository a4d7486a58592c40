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
from beamline.core.records import Dialogue, speaker_tags
from beamline.data.corpus import Corpus, check_corpus
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.prepared import SPLITS, encode_dialogues, write_split
from beamline.encoding.statistics import SplitStatistics, corpus_statistics
from beamline.models.checkpoint import Checkpoint


def main() -> None:
    params = read_params()
    with replaced_directory(paths.PREPARED) as directory:
        corpus = check_corpus(params.data)
        for warning in corpus.warnings:
            print(f"warning: {warning}")
        if corpus.leaks:
            print(f"all of them are listed in {corpus.leaks}")
        codec = build_or_load_codec(params, corpus)
        codec.save(directory / "tokenizer")
        statistics = {split: SplitStatistics(codec) for split in SPLITS}
        for split in SPLITS:
            dialogues = getattr(corpus, split)
            encoded = encode_dialogues(track(dialogues, f"encoding {split}"), codec)
            write_split(directory, split, statistics[split].count(encoded))
        write_json(directory / "statistics.json", corpus_statistics(statistics, codec, corpus.warnings))


def build_or_load_codec(params: Params, corpus: Corpus) -> TextCodec:
    """Return the checkpoint's tokenizer, or one learned from the training split; both know that split's tags."""
    tags = sorted({tag for text in read_texts(corpus.train) for tag in speaker_tags(text)})
    if params.model.name is None:
        return build_codec(params.tokenizer, read_texts(corpus.train), tags)
    return load_codec(params.tokenizer, Checkpoint(params.model.name, params.model.revision), tags)


def read_texts(dialogues: Iterable[Dialogue]) -> Iterator[str]:
    """Yield each dialogue, followed by its references."""
    return (text for dialogue in dialogues for text in (dialogue.dialogue, *dialogue.references))


if __name__ == "__main__":
    run(main)
