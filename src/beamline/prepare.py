"""The `prepare` stage: check the raw dialogues, build or load the tokenizer, write token ids and statistics.

python -m beamline.prepare
"""

from rich.progress import track

from beamline.core import paths
from beamline.core.errors import run
from beamline.core.files import replaced_directory, write_json
from beamline.core.params import Params, read_params
from beamline.core.records import speaker_tags
from beamline.data.dialogues import Corpus, read_corpus
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.prepared import SPLITS, encode_split, write_split
from beamline.encoding.statistics import corpus_statistics
from beamline.models.checkpoint import Checkpoint


def main() -> None:
    params = read_params()
    with replaced_directory(paths.PREPARED) as directory:
        corpus = read_corpus(params.data)
        codec = build_or_load_codec(params, corpus)
        encoded = {split: encode_split(getattr(corpus, split), codec) for split in track(SPLITS, "encoding")}

        codec.save(directory / "tokenizer")
        for split, dialogues in encoded.items():
            write_split(directory, split, dialogues)
        write_json(directory / "statistics.json", corpus_statistics(encoded, codec, corpus.warnings))


def build_or_load_codec(params: Params, corpus: Corpus) -> TextCodec:
    """Return the checkpoint's tokenizer, or one learned from the training split; both know that split's tags."""
    texts = [text for record in corpus.train for text in (record.dialogue, *record.references)]
    tags = sorted({tag for text in texts for tag in speaker_tags(text)})
    if params.model.name is None:
        return build_codec(params.tokenizer, texts, tags)
    return load_codec(params.tokenizer, params.model, Checkpoint(params.model.name, params.model.revision), tags)


if __name__ == "__main__":
    run(main)
