"""Whether data/prepared holds the dialogues of data.path, and the token ids that its tokenizer gives for them."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

import numpy as np

from beamline.core.excerpts import shorten
from beamline.core.records import Dialogue
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows, encode_split

_ENCODED = 1_500  # dialogues of a split that are encoded again
_RETURNED = 400  # references of a split that are decoded again
_PREPARE = "dvc repro --force --single-item prepare"


@check(Kind.REPLAY, "data/prepared does not hold the dialogues of data.path")
def prepared_texts(run: Evidence, splits: Splits, raw: Mapping[str, Iterable[Dialogue]]) -> Finding:
    """Reads data.path as prepare does, and compares every dialogue and reference exactly. A single one is a failure.

    Only the workspace has the data beside it, so an earlier revision (`--rev`) can't be asked.
    """
    total, differing, found = 0, [], []
    for split, dialogues in raw.items():
        prepared = run.whole_train if split == "train" and run.whole_train is not None else splits[split]
        count = 0
        for before, after in zip_longest(dialogues, prepared):
            count += before is not None
            if before is not None and after is not None and before != after.record:
                differing.append(f"{split}, {after.record.id}")
        if count != len(prepared):
            found.append(f"{len(prepared):,} dialogues of {split} and not {count:,}")
        total += count
    if differing:
        found.append(f"{len(differing):,} other texts, the first of {differing[0]}")
    if not found:
        return passed(f"all {total:,} dialogues of data.path are in data/prepared", figure=0, threshold="0")
    return failed(f"data/prepared has {', '.join(found)}", _PREPARE, figure=len(differing), threshold="0")


@check(Kind.REPLAY, "data/prepared holds other token ids than its tokenizer gives for its texts")
def prepared_ids(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Encodes the texts of data/prepared again and compares the ids. A single row that differs is a failure.

    At most 1,500 dialogues of each split are encoded, drawn by the seed.
    """
    count, first = 0, ""
    for split, dialogues in splits.items():
        drawn = [dialogues[row] for row in draw_rows(len(dialogues), _ENCODED, run.seed)]
        for before, after in zip(encode_split([each.record for each in drawn], codec), drawn, strict=True):
            if before.input_ids == after.input_ids and before.labels == after.labels:
                continue
            count += 1
            if not first:
                pairs = [(before.input_ids, after.input_ids), *zip(before.labels, after.labels, strict=False)]
                expected, found = next((a, b) for a, b in pairs if a != b)
                texts = [shorten(codec.tokenizer.decode(row)) for row in _around_difference(found, expected)]
                first = f"{split}, {after.record.id}: {texts[0]!r} and not {texts[1]!r}"
    if not count:
        return passed("every text encoded again has the ids in data/prepared", figure=0, threshold="0")
    return failed(f"{count:,} dialogues have other ids, the first of {first}", _PREPARE, figure=count, threshold="0")


@check(Kind.REPLAY, "The tokenizer changes the texts")
def tokenizer_round_trip(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Encodes references whole and decodes them again: what doesn't come back, no model can write.

    White space doesn't count. More than a tenth of references that come back as other texts is a failure, a hundredth a
    warning. The ceiling is the score of the returned texts against the references. A byte-level tokenizer loses
    nothing. One that lower-cases, or writes a space for an invisible character, fails by design: then choose another
    checkpoint if these characters matter.
    """
    texts = [
        reference
        for split in ("train", "test")
        for row in draw_rows(len(splits[split]), _RETURNED, run.seed)
        for reference in splits[split][row].record.references[:1]
    ]
    returned = codec.decode(codec.encode_summaries(texts))
    pairs = [(text, back) for text, back in zip(texts, returned, strict=True) if _bare(text) != _bare(back)]
    share, threshold = len(pairs) / len(texts), "at most 0.01"
    meaning = f"{share:.0%} of {len(texts)} references come back as other texts"
    if share <= 0.01:
        return passed(meaning, figure=share, threshold=threshold)
    changes = Counter(_name_change(text, back) for text, back in pairs)
    (change, _), (text, back) = changes.most_common(1)[0], pairs[0]
    meaning += f", mostly in {change}: {shorten(text)!r} becomes {shorten(back)!r}"
    scorer = run.scorer_with([[text] for text in texts], tokenizer="auto")
    ceiling = 100 * float(np.mean(scorer.headline_scores(returned)))
    advice = "choose a checkpoint (model.name) whose tokenizer keeps the texts, or leave model.name empty"
    finding = failed if share > 0.1 else warned
    return finding(meaning, advice, figure=share, threshold=threshold, ceiling=ceiling)


def _around_difference(found: Sequence[int], expected: Sequence[int]) -> list[Sequence[int]]:
    """Return a few tokens of both rows around the first in which they differ."""
    same = next((place for place, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), -1)
    start = max(0, (same if same >= 0 else min(len(found), len(expected))) - 4)
    return [row[start : start + 12] for row in (found, expected)]


def _bare(text: str) -> str:
    return "".join(text.split())


def _name_change(text: str, back: str) -> str:
    """Return what tells the two texts apart: the least that has to be ignored for them to be equal."""

    def without(kinds: str, of: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", of) if unicodedata.category(c) not in kinds.split())

    if _bare(text.casefold()) == _bare(back.casefold()):
        return "letter case"
    if _bare(without("Cf", text)) == _bare(without("Cf", back)):
        return "invisible characters"
    if _bare(without("Cf Mn", text.casefold())) == _bare(without("Cf Mn", back.casefold())):
        return "accents and other marks"
    return "characters"
