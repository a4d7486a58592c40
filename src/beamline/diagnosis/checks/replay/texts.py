"""Replay of prepare: whether data/prepared has the dialogues of data.path, and token ids that belong to its texts."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from beamline.core.excerpts import shorten
from beamline.core.records import Dialogue
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows, encode_split

_ENCODED = 1_500  # dialogues of a split that are encoded again
_PREPARE = "dvc repro --force --single-item prepare"


@check(Kind.REPLAY, "data/prepared differs from the dialogues of data.path")
def prepared_texts(run: Evidence, splits: Splits, raw: Mapping[str, Iterable[Dialogue]]) -> Finding:
    """Reads data.path again as `prepare` does, and compares every dialogue and reference with data/prepared.

    Failure if one of them differs. Not applicable to an earlier revision (`--rev`), which has no raw data.
    """
    total, missing, differing, found = 0, 0, [], []
    for split, dialogues in raw.items():
        prepared = run.whole_train if split == "train" and run.whole_train is not None else splits[split]
        count = 0
        for before, after in zip_longest(dialogues, prepared):
            count += before is not None
            if before is not None and after is not None and before != after.record:
                differing.append(f"{split}, {after.record.id}")
        missing += abs(count - len(prepared))
        if count != len(prepared):
            found.append(f"{len(prepared):,} dialogues of {split} instead of {count:,}")
        total += count
    if differing:
        plural = "s" if len(differing) > 1 else ""
        found.append(f"{len(differing):,} dialogue{plural} with other texts (first: {differing[0]})")
    if not found:
        return passed(f"all {total:,} dialogues of data.path are in data/prepared", figure=0, threshold="0")
    return failed(f"data/prepared has {', '.join(found)}", _PREPARE, figure=len(differing) + missing, threshold="0")


@check(Kind.REPLAY, "Token ids in data/prepared are not those of its texts")
def prepared_ids(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Encodes the texts of data/prepared again, and compares the token ids.

    Failure if one row differs. At most 1,500 dialogues of each split are encoded, drawn by the seed.
    """
    count, first = 0, ""
    for split, dialogues in splits.items():
        drawn = [dialogues[row] for row in draw_rows(len(dialogues), _ENCODED, run.seed)]
        for before, after in zip(encode_split([row.record for row in drawn], codec), drawn, strict=True):
            if before.input_ids == after.input_ids and before.labels == after.labels:
                continue
            count += 1
            if not first:
                pairs = [(before.input_ids, after.input_ids), *zip(before.labels, after.labels, strict=False)]
                expected, found = next((a, b) for a, b in pairs if a != b)
                texts = [shorten(codec.tokenizer.decode(row)) for row in _around_difference(found, expected)]
                first = f"{split}, {after.record.id}: {texts[0]!r} instead of {texts[1]!r}"
    if not count:
        return passed("every text, encoded again, has the token ids in data/prepared", figure=0, threshold="0")
    return failed(f"token ids of {count:,} dialogues differ (first: {first})", _PREPARE, figure=count, threshold="0")


def _around_difference(found: Sequence[int], expected: Sequence[int]) -> list[Sequence[int]]:
    """Return 12 tokens of both rows, from four before the first that differs."""
    same = next((place for place, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), -1)
    start = max(0, (same if same >= 0 else min(len(found), len(expected))) - 4)
    return [row[start : start + 12] for row in (found, expected)]
