"""What a prepared corpus looks like: sizes, lengths, what the limits cut, unknown tokens, speakers."""

import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from beamline.core.records import speaker_tags
from beamline.core.speakers import SpeakerCounts
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.models.encoding import Encoding

_USUAL_TAG = re.compile(r"#Person[1-9][0-9]*#")
_LISTED = 20  # of the most frequent speakers: there may be as many as dialogues


@dataclass(frozen=True)
class Cut:
    """What a limit cuts: the number of texts, of how many, and the share of their tokens that is lost, 0 to 1."""

    texts: int
    of: int
    lost: float


class SplitStatistics:
    """Counts the dialogues of a split as they pass."""

    def __init__(self, codec: TextCodec) -> None:
        self.codec = codec
        self.tags: Counter[str] = Counter()
        self.speakers = SpeakerCounts()
        self._references = 0
        self._sources = array("i")  # lengths before truncation
        self._targets = array("i")
        self._tokens = 0
        self._unknown = 0

    def count(self, dialogues: Iterable[EncodedDialogue]) -> Iterator[EncodedDialogue]:
        """Yield the dialogues as they are."""
        unknown = self.codec.tokenizer.unk_token_id
        for dialogue in dialogues:
            self._references = len(dialogue.labels)
            self._sources.append(dialogue.source_tokens)
            self._targets.extend(dialogue.target_tokens)
            for row in (dialogue.input_ids, *dialogue.labels):
                self._tokens += len(row)
                self._unknown += row.count(unknown)
            for text in (dialogue.record.dialogue, *dialogue.record.references):
                self.tags.update(speaker_tags(text))
            self.speakers.update(dialogue.record.dialogue)
            yield dialogue

    @property
    def cut_sources(self) -> Cut:
        """Return how many dialogues are cut, and by how much."""
        return _measure_cut(self._sources, self.codec.encoding.max_source_tokens)

    @property
    def cut_targets(self) -> Cut:
        """Return how many summaries are cut, and by how much."""
        return _measure_cut(self._targets, self.codec.encoding.max_target_tokens)

    def to_json(self) -> dict[str, Any]:
        """Return the split's part of statistics.json."""
        return {
            "dialogues": len(self._sources),
            "references_per_dialogue": self._references,
            "source_tokens": _lengths(self._sources),
            "target_tokens": _lengths(self._targets),
            "truncated_sources": self.cut_sources.texts,
            "truncated_sources_lost": self.cut_sources.lost,
            "truncated_targets": self.cut_targets.texts,
            "truncated_targets_lost": self.cut_targets.lost,
            "unknown_token_rate": self._unknown / self._tokens,
        }


def corpus_statistics(
    splits: Mapping[str, SplitStatistics], codec: TextCodec, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return data/prepared/statistics.json: each split, then what concerns all of them."""
    turns = {name: split.speakers.turns for name, split in splits.items()}
    return {
        "splits": {name: split.to_json() for name, split in splits.items()},
        "vocabulary": len(codec.tokenizer),
        "speakers": _describe_speakers(turns),
        **_describe_tags({name: split.tags for name, split in splits.items()}, set().union(*turns.values())),
        "warnings": list(warnings),
    }


def describe_cuts(splits: Mapping[str, SplitStatistics], encoding: Encoding) -> list[str]:
    """Return, for people, how many dialogues and summaries of each split are cut, and how much of them is lost."""
    where = "in the middle" if encoding.overflow == "middle" else f"at the {encoding.overflow}"
    sources = {name: split.cut_sources for name, split in splits.items()}
    targets = {name: split.cut_targets for name, split in splits.items()}
    return [
        _describe_cut("dialogues", f"max_source_tokens ({encoding.max_source_tokens})", where, sources),
        _describe_cut("summaries", f"max_target_tokens ({encoding.max_target_tokens})", "at the end", targets),
    ]


def _describe_cut(texts: str, limit: str, where: str, cuts: Mapping[str, Cut]) -> str:
    found = [
        f"{cut.texts} of {cut.of} in {name}, which lose {cut.lost:.1%} of their tokens"
        for name, cut in cuts.items()
        if cut.texts
    ]
    return f"{texts} longer than tokenizer.{limit}, cut {where}: {'; '.join(found) or 'none'}"


def _measure_cut(lengths: Sequence[int], limit: int) -> Cut:
    longer = [length for length in lengths if length > limit]
    return Cut(len(longer), len(lengths), 1 - limit * len(longer) / sum(longer) if longer else 0.0)


def _lengths(lengths: Sequence[int]) -> dict[str, int]:
    """Return percentiles, rounded up to a length that occurs; before truncation, special tokens included.

    Empty if there are no lengths, as of the references of a test split that has none.
    """
    if not lengths:
        return {}
    middle, high, highest = np.percentile(lengths, [50, 95, 99], method="higher").tolist()
    return {"p50": middle, "p95": high, "p99": highest, "max": max(lengths)}


def _describe_speakers(turns: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Return how many turns the most frequent speakers begin; `unseen_in_train`: how many speakers are not in train."""
    total = sum(turns.values(), Counter())
    return {"distinct": len(total), "turns": _list(total), "unseen_in_train": len(set(total) - set(turns["train"]))}


def _describe_tags(tags: Mapping[str, Counter[str]], speakers: Collection[str]) -> dict[str, Any]:
    """Return the occurrences of each tag that begins turns, and of the most frequent others (hashtags, placeholders).

    odd: tags unlike #Person1#. unseen_in_train: those not in train.
    """
    total = sum(tags.values(), Counter())
    begins = {tag: total[tag] for tag in sorted(total) if tag in speakers}
    others = Counter({tag: count for tag, count in total.items() if tag not in speakers})
    return {
        "speaker_tags": {
            "counts": begins,
            "odd": [tag for tag in begins if not _USUAL_TAG.fullmatch(tag)],
            "unseen_in_train": sorted(set(begins) - set(tags["train"])),
        },
        "other_tags": {"distinct": len(others), "counts": _list(others)},
    }


def _list(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_LISTED])
