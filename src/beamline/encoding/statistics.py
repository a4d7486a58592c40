"""What a prepared corpus looks like: sizes, lengths, what the limits cut, unknown tokens, speaker tags."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from beamline.core.records import speaker_tags
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue

_USUAL_TAG = re.compile(r"#Person[1-9][0-9]*#")


def corpus_statistics(
    splits: Mapping[str, Sequence[EncodedDialogue]], codec: TextCodec, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return data/prepared/statistics.json: each split, then what concerns all of them."""
    return {
        "splits": {name: _split_statistics(dialogues, codec) for name, dialogues in splits.items()},
        "vocabulary": len(codec.tokenizer),
        "speaker_tags": _tag_counts(splits),
        "warnings": list(warnings),
    }


def _split_statistics(dialogues: Sequence[EncodedDialogue], codec: TextCodec) -> dict[str, Any]:
    limits = codec.encoding
    sources = [dialogue.source_tokens for dialogue in dialogues]
    targets = [length for dialogue in dialogues for length in dialogue.target_tokens]
    return {
        "dialogues": len(dialogues),
        "references_per_dialogue": len(dialogues[0].record.references),
        "source_tokens": _lengths(sources),
        "target_tokens": _lengths(targets),
        "truncated_sources": sum(length > limits.max_source_tokens for length in sources),
        "truncated_targets": sum(length > limits.max_target_tokens for length in targets),
        "unknown_token_rate": _unknown_rate(dialogues, codec),
    }


def _lengths(lengths: Sequence[int]) -> dict[str, int]:
    """Return percentiles, rounded up to a length that occurs; before truncation, special tokens included."""
    middle, high, highest = np.percentile(lengths, [50, 95, 99], method="higher").tolist()
    return {"p50": middle, "p95": high, "p99": highest, "max": max(lengths)}


def _unknown_rate(dialogues: Sequence[EncodedDialogue], codec: TextCodec) -> float:
    unknown = codec.tokenizer.unk_token_id
    rows = [row for dialogue in dialogues for row in (dialogue.input_ids, *dialogue.labels)]
    return sum(row.count(unknown) for row in rows) / sum(map(len, rows))


def _tag_counts(splits: Mapping[str, Sequence[EncodedDialogue]]) -> dict[str, Any]:
    """Return the occurrences of each tag; `odd`: those unlike #Person1#; `unseen_in_train`: those not in train."""
    counts = {
        name: Counter(
            tag
            for dialogue in dialogues
            for text in (dialogue.record.dialogue, *dialogue.record.references)
            for tag in speaker_tags(text)
        )
        for name, dialogues in splits.items()
    }
    total = sum(counts.values(), Counter())
    return {
        "counts": dict(sorted(total.items())),
        "odd": sorted(tag for tag in total if not _USUAL_TAG.fullmatch(tag)),
        "unseen_in_train": sorted(set(total) - set(counts["train"])),
    }
