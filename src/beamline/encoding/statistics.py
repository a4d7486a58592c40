"""What a prepared corpus looks like: sizes, lengths, what the limits cut, unknown tokens, speakers."""

import re
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from beamline.core.records import speaker_tags
from beamline.core.speakers import SpeakerCounts
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.models.encoding import Encoding

_USUAL_TAG = re.compile(r"#Person[1-9][0-9]*#")
_LISTED = 20  # of the most frequent speakers: there may be as many as dialogues


class SplitStatistics:
    """Counts the dialogues of a split as they pass."""

    def __init__(self, codec: TextCodec) -> None:
        self.codec = codec
        self.tags: Counter[str] = Counter()
        self.speakers = SpeakerCounts()
        self._references = 0
        self._sources = array("i")  # lengths before truncation
        self._targets = array("i")
        self._lost = 0
        self._tokens = 0
        self._unknown = 0

    def __len__(self) -> int:
        return len(self._sources)

    def count(self, dialogues: Iterable[EncodedDialogue]) -> Iterator[EncodedDialogue]:
        """Yield the dialogues as they are."""
        unknown = self.codec.tokenizer.unk_token_id
        for dialogue in dialogues:
            self._references = len(dialogue.labels)
            self._sources.append(dialogue.source_tokens)
            self._targets.extend(dialogue.target_tokens)
            self._lost += dialogue.source_tokens - len(dialogue.input_ids)
            for row in (dialogue.input_ids, *dialogue.labels):
                self._tokens += len(row)
                self._unknown += row.count(unknown)
            for text in (dialogue.record.dialogue, *dialogue.record.references):
                self.tags.update(speaker_tags(text))
            self.speakers.update(dialogue.record.dialogue)
            yield dialogue

    @property
    def truncated_sources(self) -> int:
        """Return how many dialogues are cut."""
        return sum(length > self.codec.encoding.max_source_tokens for length in self._sources)

    @property
    def lost_share(self) -> float:
        """Return the share, 0 to 1, of the tokens of cut dialogues that is lost."""
        limit = self.codec.encoding.max_source_tokens
        return self._lost / max(1, sum(length for length in self._sources if length > limit))

    def to_json(self) -> dict[str, Any]:
        """Return the split's part of statistics.json."""
        limit = self.codec.encoding.max_target_tokens
        return {
            "dialogues": len(self),
            "references_per_dialogue": self._references,
            "source_tokens": _lengths(self._sources),
            "target_tokens": _lengths(self._targets),
            "truncated_sources": self.truncated_sources,
            "truncated_sources_lost": self.lost_share,
            "truncated_targets": sum(length > limit for length in self._targets),
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


def describe_cuts(splits: Mapping[str, SplitStatistics], encoding: Encoding) -> str:
    """Return, for people, how many dialogues of each split are cut and how much of them is lost."""
    limit = f"longer than tokenizer.max_source_tokens ({encoding.max_source_tokens})"
    cut = [
        f"{split.truncated_sources} of {len(split)} in {name}, which lose {split.lost_share:.1%} of their tokens"
        for name, split in splits.items()
        if split.truncated_sources
    ]
    if not cut:
        return f"no dialogue is {limit}"
    where = "in the middle" if encoding.overflow == "middle" else f"at the {encoding.overflow}"
    return f"dialogues {limit} are cut {where}: {'; '.join(cut)}"


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
