"""What a prepared corpus looks like: sizes, lengths, what the limits cut, unknown tokens, speaker tags."""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from beamline.core.records import speaker_tags
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue

_USUAL_TAG = re.compile(r"#Person[1-9][0-9]*#")


class SplitStatistics:
    """Counts the dialogues of a split as they pass."""

    def __init__(self, codec: TextCodec) -> None:
        self.codec = codec
        self.tags: Counter[str] = Counter()
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
            yield dialogue

    def to_json(self) -> dict[str, Any]:
        """Return the split's part of statistics.json."""
        limits = self.codec.encoding
        return {
            "dialogues": len(self._sources),
            "references_per_dialogue": self._references,
            "source_tokens": _lengths(self._sources),
            "target_tokens": _lengths(self._targets),
            "truncated_sources": sum(length > limits.max_source_tokens for length in self._sources),
            "truncated_targets": sum(length > limits.max_target_tokens for length in self._targets),
            "unknown_token_rate": self._unknown / self._tokens,
        }


def corpus_statistics(
    splits: Mapping[str, SplitStatistics], codec: TextCodec, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return data/prepared/statistics.json: each split, then what concerns all of them."""
    return {
        "splits": {name: split.to_json() for name, split in splits.items()},
        "vocabulary": len(codec.tokenizer),
        "speaker_tags": _tag_counts(splits),
        "warnings": list(warnings),
    }


def _lengths(lengths: Sequence[int]) -> dict[str, int]:
    """Return percentiles, rounded up to a length that occurs; before truncation, special tokens included.

    Empty if there are no lengths, as of the references of a test split that has none.
    """
    if not lengths:
        return {}
    middle, high, highest = np.percentile(lengths, [50, 95, 99], method="higher").tolist()
    return {"p50": middle, "p95": high, "p99": highest, "max": max(lengths)}


def _tag_counts(splits: Mapping[str, SplitStatistics]) -> dict[str, Any]:
    """Return the occurrences of each tag; `odd`: those unlike #Person1#; `unseen_in_train`: those not in train."""
    total = sum((split.tags for split in splits.values()), Counter())
    return {
        "counts": dict(sorted(total.items())),
        "odd": sorted(tag for tag in total if not _USUAL_TAG.fullmatch(tag)),
        "unseen_in_train": sorted(set(total) - set(splits["train"].tags)),
    }
