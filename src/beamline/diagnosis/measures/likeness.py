"""Whether two sets of summaries of the same dialogues could come from the same writer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.evidence import Evidence
from beamline.encoding.prepared import first_references
from beamline.metrics.intervals import FloatArray
from beamline.metrics.significance import holm, randomization_p_values


def are_from_one_writer(run: Evidence, summaries: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether summaries of the test sample and `others` could be of one writer.

    They are if they are as long, as likely, and as near to the summaries decoded again. A paired
    randomization test of each of the three, at the 1 % level with Holm's correction, finds no difference. So one in a
    hundred pairs of draws from one writer is told apart by chance.
    """
    differences = _traits(run, summaries) - _traits(run, others)
    return min(holm(randomization_p_values(differences, seed=run.seed))) > 0.01


def share_equal(summaries: Sequence[str], others: Sequence[str]) -> float:
    """Return the share, 0 to 1, of summaries that equal the one in the same row of `others`."""
    return float(np.mean([a == b for a, b in zip(summaries, others, strict=True)]))


def simplify(text: str) -> str:
    """Return the text without letter case and speaker tags, with single spaces."""
    return " ".join(SPEAKER_TAG.sub("", text).casefold().split())


def _traits(run: Evidence, summaries: Sequence[str]) -> FloatArray:
    """Return float64 [summaries, 3]: share of words in common with the summary decoded again, words, nats per token."""
    codec = run.training_codec
    labels = [codec.truncate_summary(row) for row in codec.encode_summaries(summaries)]
    examples = first_references(run.sample("test"))
    forced = run.force([replace(example, labels=row) for example, row in zip(examples, labels, strict=True)])
    common = [_common_words(a, b) for a, b in zip(summaries, run.rewritten, strict=True)]
    return np.column_stack([common, [len(summary.split()) for summary in summaries], forced.loss])


def _common_words(one: str, other: str) -> float:
    words, others = set(one.split()), set(other.split())
    return len(words & others) / max(1, len(words | others))
