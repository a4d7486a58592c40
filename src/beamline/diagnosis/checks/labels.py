"""Labels and padding: what the model was told to write, token by token, and what the loss counted."""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np
import torch

from beamline.core.params import Padding
from beamline.core.records import SPEAKER_TAG, speaker_tags
from beamline.core.speakers import find_opening
from beamline.diagnosis.checks.check import Finding, check, failed, not_applicable, passed
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.probes import Forced
from beamline.encoding.prepared import EncodedDialogue, examples
from beamline.encoding.tags import choose_tags
from beamline.metrics.intervals import FloatArray
from beamline.metrics.significance import difference_interval
from beamline.models.encoding import Encoding
from beamline.models.padding import IGNORED_LABEL
from beamline.training.batching import Collator, LengthBucketedBatches

_BATCHES = 50  # of training: about 700 dialogues of 200 tokens, so that a share of padding is known to a percent


@check("splits", "codec", "params", "kept")
def padding_is_masked(run: Evidence) -> Finding:
    """Padding that counts as a label: the loss is then mostly about writing nothing.

    Batches are cut and collated as training does it. What counts and is no token of a summary is padding, whether the
    collator put it there (`padding.labels: unmasked`) or it stands in the prepared labels. None is right: a padded
    position has no answer that could be wrong, and how many there are depends on how the batch was cut.
    """
    assert run.splits and run.codec and run.params
    encoding, params = run.codec.encoding, run.params
    training = examples(run.splits["train"])
    batches = LengthBucketedBatches(training, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    collate = Collator(encoding, params.padding)
    counted = own = 0
    for batch in islice(batches, _BATCHES):
        chosen = [training[index] for index in batch]
        counted += int((collate(chosen)["labels"] != IGNORED_LABEL).sum())
        own += sum(len(each.labels) - _padding(each.labels, encoding) for each in chosen)
    share = 1 - own / counted
    if share == 0:
        return passed("every label that counts in the loss is a token of a summary", figure=0.0, threshold="0")
    advice = "set padding.labels: masked" if params.padding.labels == "unmasked" else _PREPARE
    return failed(f"{share:.1%} of the labels in the loss are padding", advice, figure=share, threshold="0")


@check("splits", "codec")
def labels_end(run: Evidence) -> Finding:
    """Labels without an end of sequence, or with one in their middle: the model never learns where to stop.

    Every row has to have exactly one, as its last token; `prepare` writes no other, so that a single exception means
    that something else wrote the file. Padding behind the end is another check's business.
    """
    assert run.splits and run.codec
    encoding = run.codec.encoding
    rows = [_summary(row, encoding) for row in _label_rows(run)]
    right = sum(row[-1:] == [encoding.eos_token_id] and row.count(encoding.eos_token_id) == 1 for row in rows)
    share = right / len(rows)
    meaning = f"{share:.1%} of {len(rows):,} label rows end with one end of sequence"
    if right == len(rows):
        return passed(meaning, figure=share, threshold="1")
    return failed(meaning, _PREPARE, figure=share, threshold="1")


@check("splits", "codec")
def labels_are_shifted_once(run: Evidence) -> Finding:
    """Labels that were shifted twice: the model learns to write the decoder's start token first.

    The decoder's inputs are the labels behind the start token, and the collator puts it there. Labels that begin with
    it themselves were shifted before. No summary begins with it: `prepare` takes it out wherever it stands, and the
    language code that mBART-50 writes first is another token.
    """
    assert run.splits and run.codec
    encoding, start = run.codec.encoding, run.codec.encoding.decoder_start_token_id
    if start is None:
        return not_applicable("a decoder-only model goes on from its prompt, and has no start token")
    rows = _label_rows(run)
    twice = sum(len(row) > 1 and row[0] == start for row in rows)
    share = twice / len(rows)
    if twice:
        meaning = f"{share:.1%} of {len(rows):,} label rows begin with the decoder's start token, {_name(run, start)}"
        return failed(f"{meaning}: they are shifted twice", _PREPARE, figure=share, threshold="0")
    sample = examples(run.sample("train"))
    inputs = Collator(encoding, Padding(mode="longest", labels="masked"))(sample)["decoder_input_ids"].tolist()
    if any(row[: len(each.labels)] != [start, *each.labels[:-1]] for row, each in zip(inputs, sample, strict=True)):
        return failed("the decoder does not read the labels behind its start token", "fix training.batching.Collator")
    meaning = f"decoder inputs are the labels shifted once, behind {_name(run, start)}"
    return passed(meaning, figure=0.0, threshold="0")


@check("splits", "codec")
def speaker_tags_are_tokens(run: Evidence) -> Finding:
    """Speaker tags that the tokenizer cuts into pieces: who did what is spelt out, and misspelt.

    Compares what stands in the training texts with the token ids that were made of them. `prepare` gives each tag that
    begins turns in train its token, so that none may be in pieces. Hashtags and placeholders begin no turns. Nothing is
    expected if `tokenizer.speaker_tokens` is none.
    """
    assert run.codec
    if not run.codec.family.adds_tags:
        return not_applicable("a decoder-only model spells speaker tags in pieces that it knows")
    tags = _read_tags(run)
    if not tags.total:
        return not_applicable(_NO_TAGS)
    share = 1 - tags.in_pieces / tags.total
    meaning = f"{share:.1%} of {tags.total:,} speaker tags are not cut into pieces"
    if not tags.in_pieces:
        return passed(meaning, figure=share, threshold="1")
    return failed(f"{meaning}; cut are {', '.join(tags.lost)}", _ADD_TAGS, figure=share, threshold="1")


@check("splits", "codec")
def speaker_tags_are_known(run: Evidence) -> Finding:
    """Speaker tags that became the unknown token: all speakers look alike, and none can be written.

    Counted as in `speaker_tags_are_tokens`: a tag is unknown where its token is missing and an unknown one is there.
    """
    tags = _read_tags(run)
    if not tags.total:
        return not_applicable(_NO_TAGS)
    share = tags.unknown / tags.total
    meaning = f"{share:.1%} of {tags.total:,} speaker tags are the unknown token"
    if not tags.unknown:
        return passed(meaning, figure=share, threshold="0")
    return failed(f"{meaning}: {', '.join(tags.lost)}", _ADD_TAGS, figure=share, threshold="0")


@check("splits", "codec", "checkpoint")
def speaker_tags_are_trained(run: Evidence) -> Finding:
    """Speaker tags without an embedding, or with one that was never trained.

    Tags are the most frequent tokens of the summaries, and their frequency is the first thing that a model learns. So
    they are untrained where the model finds them less likely than their frequency alone would make them, while it finds
    the other tokens more likely: both differences by an interval, the second by a tenth of what all tokens cost by
    frequency, as in `loss_falls`. A model that has learnt less is no better at its other tokens either, and can't tell.
    On training dialogues, so that one that was trained on other topics than test's passes too. And where several rows
    of the embedding matrix are equal: they start at one mean, and any training takes them apart.
    """
    assert run.splits and run.codec
    model, vocabulary = run.model, run.codec.tokenizer.get_vocab()
    known = model.get_input_embeddings().num_embeddings
    highest = max(max(*each.input_ids, *each.labels) for each in examples(run.splits["train"]))
    if highest >= known:
        meaning = f"the model has embeddings for {known:,} tokens, the prepared data holds token {highest:,}"
        return failed(f"{meaning}, {_name(run, highest)}", _RESIZE, figure=float(highest), threshold=f"below {known}")
    written = {token for each in run.splits["train"] for row in each.labels for token in row}
    tokens = sorted(vocabulary[tag] for tag in _choose_tags(run) if vocabulary.get(tag) in written)
    in_tags, in_others = _against_frequency(run, run.forced_in_training, tokens)
    if not len(in_tags) or not len(in_others) or _was_not_trained(run):
        return not_applicable("needs a trained model, and references with speaker tags that are tokens")
    frequent = [token for token in tokens if run.frequency_losses[token] < -math.log(_FREQUENT)]
    rows = model.get_input_embeddings().weight[frequent]
    equal = len(frequent) - len(torch.unique(rows, dim=0))
    low = difference_interval(in_tags, seed=run.seed).low
    high = difference_interval(in_others, seed=run.seed).high
    figure, threshold = float(in_tags.mean()), "interval not above 0 nats, no two embeddings equal"
    meaning = (
        f"speaker tags cost {figure:+.2f} nats against what their frequency alone would cost,"
        f" other tokens {in_others.mean():+.2f}"
    )
    if equal:
        meaning = f"{equal + 1} speaker tags have the same embedding; {meaning}"
        return failed(meaning, _RESIZE, figure=figure, threshold=threshold)
    by_frequency = np.mean([run.frequency_losses[row].mean() for row in run.forced_in_training.labels])
    if low > 0 and high >= -0.1 * by_frequency:
        return not_applicable(f"the model has learnt too little to tell: {meaning}")
    if low > 0:
        return failed(f"{meaning}: their embeddings were not trained", _RESIZE, figure=figure, threshold=threshold)
    return passed(meaning, figure=figure, threshold=threshold)


@check("codec", "checkpoint")
def tokenizer_is_the_trained_one(run: Evidence) -> Finding:
    """Another tokenizer beside the checkpoint than the one it was trained with: right ids, read as other words.

    Vocabulary and encoding.json have to be those of data/prepared, whole; a single id that means another word is one
    too many. Where the decoder starts is left to `decoder_start_token`, which names that fault more exactly.
    """
    assert run.codec
    trained, beside = run.codec.tokenizer.get_vocab(), run.model_codec.tokenizer.get_vocab()
    moved = sum(beside.get(token) != index for token, index in trained.items()) + len(beside.keys() - trained.keys())
    encodings = [asdict(each.encoding) for each in (run.codec, run.model_codec)]
    differing = [name for name in encodings[0] if encodings[0][name] != encodings[1][name]]
    differing = [name for name in differing if name != "decoder_start_token_id"]
    threshold = "0, and the same encoding.json"
    if not moved and not differing:
        return passed("the checkpoint's tokenizer is the one it was trained with", figure=0.0, threshold=threshold)
    meaning = f"{moved:,} of {len(trained):,} tokens have another id beside the checkpoint than in data/prepared"
    if differing:
        meaning += f", and in encoding.json differ {', '.join(differing)}"
    advice = f"copy data/prepared/tokenizer into {run.checkpoint}, or run: dvc repro train"
    return failed(meaning, advice, figure=float(moved), threshold=threshold, points=_points_of_tokenizer(run))


_PREPARE = "write data/prepared again: dvc repro --force --single-item prepare"
_ADD_TAGS = f"add the tags to the tokenizer before encoding, as beamline.encoding.codec does; {_PREPARE}"
_NO_TAGS = "the training dialogues have no turns that begin with speaker tags, or tokenizer.speaker_tokens is none"
_RESIZE = "resize the model's embeddings to the tokenizer and train it again: dvc repro --force --single-item train"
_FREQUENT = 0.001  # of the summaries' tokens: rarer tags may stand in none of the examples that `max_examples` left


def _label_rows(run: Evidence) -> list[list[int]]:
    assert run.splits
    return [row for split in run.splits.values() for each in split for row in each.labels]


def _summary(row: list[int], encoding: Encoding) -> list[int]:
    """A row of labels without a decoder start token before it or padding behind it, which have checks of their own."""
    start = len(row) > 1 and row[0] == encoding.decoder_start_token_id
    end = len(row)
    while end > 1 and row[end - 1] == encoding.pad_token_id != encoding.eos_token_id:
        end -= 1
    return row[start:end]


def _padding(row: list[int], encoding: Encoding) -> int:
    """How much padding stands in a row of labels; T5's pad at its beginning is a decoder start."""
    if encoding.pad_token_id == encoding.eos_token_id:
        return max(0, row.count(encoding.eos_token_id) - 1)
    return row[row[0] == encoding.decoder_start_token_id :].count(encoding.pad_token_id)


def _name(run: Evidence, token: int) -> str:
    assert run.codec
    return f"'{run.codec.tokenizer.convert_ids_to_tokens(token)}'"


@dataclass(frozen=True)
class _Tags:
    """Speaker tags in the training texts that are whole: how many, and what became of those without their token."""

    total: int
    in_pieces: int
    unknown: int
    lost: list[str]


def _read_tags(run: Evidence) -> _Tags:
    assert run.splits and run.codec
    vocabulary, unknown_id = run.codec.tokenizer.get_vocab(), run.codec.tokenizer.unk_token_id
    speakers = set(_choose_tags(run))
    total = missing = unknown = 0
    lost: set[str] = set()
    for text, row in _whole_texts(run.splits["train"]):
        tags, tokens = _count_speakers(text, speakers), Counter(row)
        absent = {tag: max(0, count - tokens[vocabulary.get(tag, -1)]) for tag, count in tags.items()}
        total += tags.total()
        missing += sum(absent.values())
        unknown += min(sum(absent.values()), tokens[unknown_id])
        lost |= {tag for tag, count in absent.items() if count}
    return _Tags(total, missing - unknown, unknown, sorted(lost))


def _choose_tags(run: Evidence) -> list[str]:
    """Return the speakers that are tokens by `tokenizer.speaker_tokens`, which is auto if params.yaml is missing."""
    assert run.splits
    which = "auto" if run.params is None else run.params.tokenizer.speaker_tokens
    return choose_tags((each.record.dialogue for each in run.splits["train"]), which)


def _count_speakers(text: str, speakers: Collection[str]) -> Counter[str]:
    """Return how often each of the speakers is in a text: a tag anywhere, a name where it begins a turn."""
    openings = (find_opening(line) for line in text.split("\n"))
    names = (name for name in openings if name is not None and not SPEAKER_TAG.fullmatch(name))
    return Counter(name for name in (*speaker_tags(text), *names) if name in speakers)


def _whole_texts(dialogues: Sequence[EncodedDialogue]) -> Iterator[tuple[str, list[int]]]:
    """Each text of which nothing was cut, with its token ids."""
    for each in dialogues:
        if len(each.input_ids) == each.source_tokens:
            yield each.record.dialogue, each.input_ids
        for text, row, tokens in zip(each.record.references, each.labels, each.target_tokens, strict=True):
            if len(row) == tokens:
                yield text, row


def _against_frequency(run: Evidence, forced: Forced, tokens: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Mean loss of an example's labels above what their frequencies would cost: of `tokens`, and of all other labels.

    Nats, each [examples that have such labels].
    """
    means: tuple[list[float], list[float]] = ([], [])
    for losses, labels in zip(forced.losses, forced.labels, strict=True):
        above = np.asarray(losses) - run.frequency_losses[labels]
        chosen = np.isin(labels, tokens)
        for values, part in zip(means, (above[chosen], above[~chosen]), strict=True):
            if len(part):
                values.append(float(part.mean()))
    return np.array(means[0]), np.array(means[1])


def _was_not_trained(run: Evidence) -> bool:
    return run.epochs is not None and all(each.learning_rate == 0 for each in run.epochs)


def _points_of_tokenizer(run: Evidence) -> float | None:
    if run.params is None or run.splits is None or run.predictions is None:
        return None
    summaries = run.summarize(run.model, run.training_codec, run.params.generation, run.sample("test"))
    gained = run.sample_scores("test", summaries) - run.sample_scores("test", run.written)
    return 100 * float(gained.mean())
